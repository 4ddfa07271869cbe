// Writes the Parquet tables of this folder with Apache Arrow's own writer, and their rows as JSON lines.
// npm i parquet-wasm@0.8.0 apache-arrow@21 && node make.mjs
import { writeFileSync } from "node:fs";
import * as arrow from "apache-arrow";
import * as parquet from "parquet-wasm/node";

let seed = 12345;
const next = limit => (seed = (seed * 1103515245 + 12345) % 2147483648) % limit;
const words = ["cook", "lid", "pan", "kettle", "door", "river", "Zürich", "猫", "A. Lincoln", ""];
const word = () => words[next(words.length)];

const rows = Array.from({ length: 700 }, (_, i) => ({
  video_id: String(i).padStart(3, "0"),
  duration: ["short", "medium", "long"][next(3)],
  question: `Why does the ${word()} move ${i}?`,
  options: next(20) === 0 ? null : Array.from({ length: next(5) }, (_, k) => (next(9) === 0 ? null : `${"ABCD"[k]}. ${word()}`)),
  answer: next(10) === 0 ? null : "ABCD"[next(4)],
  count: next(7) === 0 ? null : next(1000) - 500,
  length: next(1000) / 8,
  public: next(2) === 0,
}));

const vector = (name, type) => arrow.vectorFromArray(rows.map(row => row[name]), type);
const table = new arrow.Table({
  video_id: vector("video_id", new arrow.Utf8()),
  duration: vector("duration", new arrow.Utf8()),
  question: vector("question", new arrow.Utf8()),
  options: vector("options", new arrow.List(new arrow.Field("element", new arrow.Utf8(), true))),
  answer: vector("answer", new arrow.Utf8()),
  count: vector("count", new arrow.Int32()),
  length: vector("length", new arrow.Float64()),
  public: vector("public", new arrow.Bool()),
});
const forms = {
  "snappy-dictionary": b => b.setCompression(parquet.Compression.SNAPPY).setDataPageSizeLimit(2000).setMaxRowGroupSize(300),
  "gzip-plain": b => b.setCompression(parquet.Compression.GZIP).setDictionaryEnabled(false),
  "brotli-pages2": b => b.setCompression(parquet.Compression.BROTLI).setWriterVersion(parquet.WriterVersion.V2).setEncoding(parquet.Encoding.PLAIN),
  "unpacked": b => b.setCompression(parquet.Compression.UNCOMPRESSED),
  "zstd": b => b.setCompression(parquet.Compression.ZSTD),
  "lz4": b => b.setCompression(parquet.Compression.LZ4_RAW),
};
for (const [name, set] of Object.entries(forms)) {
  const wasm = parquet.Table.fromIPCStream(arrow.tableToIPC(table, "stream"));
  writeFileSync(`${name}.parquet`, parquet.writeParquet(wasm, set(new parquet.WriterPropertiesBuilder()).build()));
}
writeFileSync("rows.jsonl", rows.map(row => JSON.stringify(row)).join("\n") + "\n");

// One row of Video-MME with the columns of the hub's copy.
const text = value => arrow.vectorFromArray([value], new arrow.Utf8());
const videoMme = new arrow.Table({
  video_id: text("731"), duration: text("long"), domain: text("Life Record"), sub_category: text("Travel"),
  url: text("https://www.youtube.com/watch?v=aB3dE5gH7j0"), videoID: text("aB3dE5gH7j0"), question_id: text("731-2"), task_type: text("Action Reasoning"),
  question: text("Why does the cook close the lid?"),
  options: arrow.vectorFromArray([["A. To hide it.", "B. To keep heat.", "C. To clean it.", "D. By mistake."]], new arrow.List(new arrow.Field("element", new arrow.Utf8(), true))),
  answer: text("B"),
});
const wasm = parquet.Table.fromIPCStream(arrow.tableToIPC(videoMme, "stream"));
writeFileSync("video-mme.parquet", parquet.writeParquet(wasm, new parquet.WriterPropertiesBuilder().setCompression(parquet.Compression.SNAPPY).build()));
