"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const theme = new URLSearchParams(location.search).get("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;

  const results = data.results;
  const colours = 8;
  const byId = id => document.getElementById(id);
  const css = name => getComputedStyle(root).getPropertyValue(name).trim();
  const element = (tag, text, className) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (className) node.className = className;
    return node;
  };
  const percent = (value, digits = 1) => value === null ? "–" : (100 * value).toFixed(digits) + "%";
  const number = value => value >= 1e5 ? value.toExponential(2) : value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 1 : 0 });
  const bytes = value => value >= 1 << 30 ? (value / (1 << 30)).toFixed(2) + " GiB" : value >= 1 << 20 ? (value / (1 << 20)).toFixed(1) + " MiB" : (value / 1024).toFixed(0) + " KiB";
  const flops = value => value >= 1e12 ? (value / 1e12).toFixed(2) + " T" : value >= 1e9 ? (value / 1e9).toFixed(2) + " G" : (value / 1e6).toFixed(1) + " M";
  const share = retention => (100 * retention).toLocaleString("en", { maximumFractionDigits: 2 }) + "%";

  // Charts stay readable with a few methods in colour: baselines and the strongest at the smallest budget; the others stay grey until they are chosen.
  const methods = [...new Set(results.map(row => row.method))];
  const smallest = Math.min(...results.map(row => row.retention));
  // A method that keeps more than its budget is no match for one that does not, so those that meet it come first.
  const strongest = results.filter(row => row.retention === smallest && row.accuracy !== null)
    .sort((a, b) => b.meetsBudget - a.meetsBudget || b.accuracy - a.accuracy).map(row => row.method);
  // One slot a colour, so that a method keeps its colour while others come and go.
  const slots = Array(colours).fill(null);
  [...new Set([...["none", "uniform", "random"].filter(name => methods.includes(name)), ...strongest, ...methods])]
    .slice(0, colours - 1).forEach((method, slot) => { slots[slot] = method; });
  let nextSlot = 1;
  const isShown = method => slots.includes(method);
  const colourOf = method => isShown(method) ? css(`--s${slots.indexOf(method) + 1}`) : css("--muted");

  const columns = [
    ["Method", row => row.method, row => row.method],
    ["Retention", row => row.retention, row => share(row.retention)],
    ["Tokens", row => row.visualTokens, row => number(row.visualTokens)],
    ["Accuracy", row => row.accuracy, row => percent(row.accuracy)],
    ["Kept", row => row.accuracyKept, row => percent(row.accuracyKept)],
    ["95% interval", row => row.low, row => row.low === null ? "–" : `${percent(row.low)} – ${percent(row.high)}`],
    ["First token", row => row.firstTokenMs, row => number(row.firstTokenMs) + " ms"],
    ["Reduce", row => row.reduceMs, row => number(row.reduceMs) + " ms"],
    ["Prefill", row => row.prefillMs, row => number(row.prefillMs) + " ms"],
    ["FLOPs", row => row.prefillFlops, row => flops(row.prefillFlops)],
    ["Cache", row => row.cacheBytes, row => bytes(row.cacheBytes)],
    ["Questions", row => row.questions, row => String(row.questions)],
    ["Unparsed", row => row.unparsed, row => String(row.unparsed)],
    ["Errors", row => row.errors, row => String(row.errors)],
  ].filter(([name]) => name !== "Unparsed" || results.some(row => row.unparsed > 0)).filter(([name]) => name !== "Errors" || results.some(row => row.errors > 0));
  let sorted = { column: null, ascending: false };

  function drawTable() {
    const table = byId("results");
    table.replaceChildren();
    const head = table.createTHead().insertRow();
    columns.forEach(([name], index) => {
      const cell = element("th", name);
      if (sorted.column === index) cell.setAttribute("aria-sort", sorted.ascending ? "ascending" : "descending");
      cell.onclick = () => { sorted = { column: index, ascending: sorted.column === index && !sorted.ascending }; drawTable(); };
      head.append(cell);
    });
    const wanted = byId("filter").value.trim().toLowerCase(), retention = byId("table-retention").value;
    const rows = results.filter(row => row.method.toLowerCase().includes(wanted)
      && (retention === "" || row.method === "none" || row.retention === Number(retention)));
    if (sorted.column !== null) {
      const value = columns[sorted.column][1];
      const sign = sorted.ascending ? 1 : -1;
      rows.sort((a, b) => { const [x, y] = [value(a) ?? -Infinity, value(b) ?? -Infinity]; return sign * (x < y ? -1 : x > y ? 1 : 0); });
    }
    const body = table.createTBody();
    for (const row of rows) {
      const line = body.insertRow();
      line.onclick = () => toggle(row.method);
      columns.forEach(([name, , text]) => {
        const cell = line.insertCell();
        if (name === "Method") {
          const swatch = element("span", undefined, "swatch");
          swatch.style.background = colourOf(row.method);
          cell.append(swatch);
        }
        cell.append(text(row));
        if (name === "Tokens" && !row.meetsBudget) {
          const badge = element("span", `${row.overBudget > 0 ? "+" : ""}${percent(row.overBudget, 0)}`, "badge");
          badge.title = "The budget is not met: compare with care.";
          cell.append(badge);
        }
      });
    }
  }

  function toggle(method) {
    const slot = slots.indexOf(method), free = slots.indexOf(null);
    if (slot >= 0) slots[slot] = null;
    else if (free >= 0) slots[free] = method;
    else { slots[nextSlot] = method; nextSlot = 1 + nextSlot % (colours - 1); }
    draw();
  }

  function drawLegend() {
    const legend = byId("legend");
    legend.replaceChildren(...slots.filter(method => method !== null).map(method => {
      const item = element("span", method, "method");
      item.title = "Click to hide.";
      item.onclick = () => toggle(method);
      const swatch = element("span", undefined, "swatch");
      swatch.style.background = colourOf(method);
      item.prepend(swatch);
      return item;
    }));
    const others = methods.filter(method => !isShown(method)).sort();
    if (others.length > 0) {
      const add = element("select");
      add.setAttribute("aria-label", "Show another method in colour");
      fill(add, ["", ...others], value => value || "show another…");
      add.onchange = () => toggle(add.value);
      legend.append(element("span", `${others.length} others in grey`, "soft"), add);
    }
  }

  const charts = {};
  function chart(id, config) {
    charts[id]?.destroy();
    config.options = { animation: false, responsive: true, maintainAspectRatio: false, ...config.options };
    charts[id] = new Chart(byId(id), config);
  }
  const axis = (title, extra) => ({
    title: { display: Boolean(title), text: title, color: css("--soft") }, ticks: { color: css("--soft") }, grid: { color: css("--line") }, border: { color: css("--line") }, ...extra,
  });

  function curve(id, cost, front, title, beginAtZero) {
    const measured = results.map((row, index) => ({ x: row[cost], y: row.accuracyKept === null ? null : 100 * row.accuracyKept, row, index })).filter(point => point.y !== null);
    const order = [...methods].sort((a, b) => isShown(b) - isShown(a));
    const lines = order.map(method => ({
      label: method,
      data: measured.filter(point => point.row.method === method).sort((a, b) => a.x - b.x),
      borderColor: colourOf(method), backgroundColor: colourOf(method), showLine: true,
      borderWidth: isShown(method) ? 2 : 1, pointRadius: isShown(method) ? 4 : 2, pointHoverRadius: 6,
    }));
    lines.push({
      label: "Pareto front", data: front.map(index => measured.find(point => point.index === index)).filter(Boolean), showLine: true,
      borderColor: css("--ink"), borderDash: [6, 4], borderWidth: 1.5, pointRadius: 0, pointHitRadius: 0,
    });
    chart(id, {
      type: "scatter", data: { datasets: lines },
      options: {
        scales: { x: axis(title, { beginAtZero }), y: axis("accuracy kept, %") },
        plugins: {
          legend: { display: false },
          tooltip: { callbacks: { label: item => `${item.raw.row.method} at ${share(item.raw.row.retention)}: ${item.raw.y.toFixed(1)}% kept, ${number(item.raw.row.visualTokens)} tokens, ${number(item.raw.row.firstTokenMs)} ms` } },
        },
      },
    });
  }

  // The baseline has one retention of its own and stands beside every other.
  const atRetention = retention => results.filter(row => row.method === "none" || row.retention === retention);
  function drawBars() {
    const group = byId("group").value;
    const rows = atRetention(Number(byId("retention").value)).filter(row => isShown(row.method));
    const values = [...new Set(results.flatMap(row => row.groups.filter(item => item.group === group).map(item => item.value)))].sort();
    chart("bars", {
      type: "bar",
      data: {
        labels: values,
        datasets: rows.map(row => ({
          label: row.method, backgroundColor: colourOf(row.method),
          data: values.map(value => { const found = row.groups.find(item => item.group === group && item.value === value); return found ? 100 * found.accuracy : null; }),
        })),
      },
      options: { scales: { x: axis(""), y: axis("accuracy, %", { beginAtZero: true, max: 100 }) }, plugins: { legend: { position: "top", align: "start", labels: { color: css("--ink"), boxWidth: 12 } } } },
    });
  }

  function drawStages() {
    const stages = [["decode", "decodeMs"], ["encode", "encodeMs"], ["reduce", "reduceMs"], ["prefill", "prefillMs"]];
    const rows = results.filter(row => isShown(row.method));
    chart("stages", {
      type: "bar",
      data: {
        labels: rows.map(row => row.method === "none" ? "none" : `${row.method} ${share(row.retention)}`),
        datasets: stages.map(([name, field], index) => ({ label: name, data: rows.map(row => row[field]), backgroundColor: css(`--s${index + 1}`) })),
      },
      options: {
        scales: { x: axis("", { stacked: true, ticks: { color: css("--soft"), autoSkip: false, maxRotation: 60 } }), y: axis("ms", { stacked: true, beginAtZero: true }) },
        plugins: { legend: { position: "top", align: "start", labels: { color: css("--ink"), boxWidth: 12 } } },
      },
    });
  }

  function drawFailures() {
    const wanted = byId("failure-method").value;
    byId("failures").replaceChildren(...data.failures.filter(item => wanted === "" || item.method === wanted).map(item => {
      const card = element("div", undefined, item.picture ? "failure pictured" : "failure");
      card.append(element("h3", item.question));
      const told = element("p");
      told.append(`${item.method} at ${share(item.retention)}: `, element("b", item.reply || "(empty)"), ", right is ", element("b", item.answer));
      card.append(told);
      card.append(element("p", [item.id, item.options.join(" / "), item.video].filter(Boolean).join(" · "), "soft"));
      if (item.picture) {
        const picture = element("img");
        picture.src = item.picture;
        picture.alt = `Frames of ${item.id} with what ${item.method} kept`;
        card.append(picture);
      }
      return card;
    }));
  }

  function drawRun() {
    const list = byId("run");
    for (const [name, value] of data.run) list.append(element("dt", name), element("dd", value));
  }

  function fill(select, values, text) {
    for (const value of values) {
      const option = element("option", text(value));
      option.value = value;
      select.append(option);
    }
  }

  function draw() {
    drawTable();
    drawLegend();
    curve("tokens", "visualTokens", data.fronts.tokens, "visual tokens", true);
    // Decoding and encoding are the same for all, so that differences would vanish on an axis from zero.
    curve("latency", "firstTokenMs", data.fronts.firstToken, "ms to the first token", false);
    drawBars();
    drawStages();
  }

  document.title = byId("title").textContent = data.title;
  byId("subtitle").textContent = data.subtitle;
  byId("notes").replaceChildren(...data.notes.map(note => element("li", note)));
  fill(byId("group"), [...new Set(results.flatMap(row => row.groups.map(item => item.group)))].sort((a, b) => (b === "task") - (a === "task")), value => value);
  fill(byId("retention"), [...new Set(results.filter(row => row.method !== "none").map(row => row.retention))].sort((a, b) => a - b), share);
  const failing = [...new Set(data.failures.map(item => item.method))];
  fill(byId("failure-method"), [...failing, ""], value => value ? `${value} (${data.failures.filter(item => item.method === value).length})` : "all");
  fill(byId("table-retention"), ["", ...new Set(results.filter(row => row.method !== "none").map(row => row.retention))], value => value === "" ? "all" : share(value));
  byId("filter").oninput = byId("table-retention").onchange = drawTable;
  byId("group").onchange = byId("retention").onchange = drawBars;
  byId("failure-method").onchange = drawFailures;
  byId("failure-section").hidden = data.failures.length === 0;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  drawRun();
  drawFailures();
  draw();
  root.dataset.charts = String(Object.values(charts).filter(item => item.chartArea?.width > 0).length);
  root.dataset.overflow = String(document.body.scrollWidth > innerWidth);
})();
