using Winnow.Reduction;

namespace Winnow.Methods;

/// <summary>Every method that this build knows: one line each, and no other registration.</summary>
public static class Catalog
{
    /// <summary>The methods, baselines first, then alphabetically.</summary>
    public static IReadOnlyList<MethodEntry> All { get; } =
    [
        MethodEntry.Of<None.Options>(None.Card, _ => new None()),
        MethodEntry.Of<Pool.Options>(Pool.Card, options => new Pool(options)),
        MethodEntry.Of<RandomTokens.Options>(RandomTokens.Card, options => new RandomTokens(options)),
        MethodEntry.Of<Shots.Options>(Shots.Card, options => new Shots(options)),
        MethodEntry.Of<Uniform.Options>(Uniform.Card, options => new Uniform(options)),
        MethodEntry.Of<AdaptInfer.Options>(AdaptInfer.Card, options => new AdaptInfer(options)),
        MethodEntry.Of<Aim.Options>(Aim.Card, options => new Aim(options)),
        MethodEntry.Of<Aks.Options>(Aks.Card, options => new Aks(options)),
        MethodEntry.Of<Catp.Options>(Catp.Card, options => new Catp(options)),
        MethodEntry.Of<Bat.Options>(Bat.Card, options => new Bat(options)),
        MethodEntry.Of<Btp.Options>(Btp.Card, options => new Btp(options)),
        MethodEntry.Of<CdPruner.Options>(CdPruner.Card, options => new CdPruner(options)),
        MethodEntry.Of<CenterClip.Options>(CenterClip.Card, options => new CenterClip(options)),
        MethodEntry.Of<Dart.Options>(Dart.Card, options => new Dart(options)),
        MethodEntry.Of<DivPrune.Options>(DivPrune.Card, options => new DivPrune(options)),
        MethodEntry.Of<DyCoke.Options>(DyCoke.Card, options => new DyCoke(options)),
        MethodEntry.Of<Evs.Options>(Evs.Card, options => new Evs(options)),
        MethodEntry.Of<F2c.Options>(F2c.Card, options => new F2c(options)),
        MethodEntry.Of<FasterVlm.Options>(FasterVlm.Card, options => new FasterVlm(options)),
        MethodEntry.Of<FastV.Options>(FastV.Card, options => new FastV(options)),
        MethodEntry.Of<FastVid.Options>(FastVid.Card, options => new FastVid(options)),
        MethodEntry.Of<FlashVid.Options>(FlashVid.Card, options => new FlashVid(options)),
        MethodEntry.Of<FlexSelect.Options>(FlexSelect.Card, options => new FlexSelect(options)),
        MethodEntry.Of<FoPru.Options>(FoPru.Card, options => new FoPru(options)),
        MethodEntry.Of<FlowCut.Options>(FlowCut.Card, options => new FlowCut(options)),
        MethodEntry.Of<FrameFusion.Options>(FrameFusion.Card, options => new FrameFusion(options)),
        MethodEntry.Of<FreeVideoLlm.Options>(FreeVideoLlm.Card, options => new FreeVideoLlm(options)),
        MethodEntry.Of<GlimpsePrune.Options>(GlimpsePrune.Card, options => new GlimpsePrune(options)),
        MethodEntry.Of<GPrune.Options>(GPrune.Card, options => new GPrune(options)),
        MethodEntry.Of<GreedyPrune.Options>(GreedyPrune.Card, options => new GreedyPrune(options)),
        MethodEntry.Of<GtpVit.Options>(GtpVit.Card, options => new GtpVit(options)),
        MethodEntry.Of<HiPrune.Options>(HiPrune.Card, options => new HiPrune(options)),
        MethodEntry.Of<HoliTom.Options>(HoliTom.Card, options => new HoliTom(options)),
        MethodEntry.Of<HoloV.Options>(HoloV.Card, options => new HoloV(options)),
        MethodEntry.Of<InfoMerge.Options>(InfoMerge.Card, options => new InfoMerge(options)),
        MethodEntry.Of<LlavaScissor.Options>(LlavaScissor.Card, options => new LlavaScissor(options)),
        MethodEntry.Of<LvlmCsp.Options>(LvlmCsp.Card, options => new LvlmCsp(options)),
        MethodEntry.Of<METok.Options>(METok.Card, options => new METok(options)),
        MethodEntry.Of<MmgVid.Options>(MmgVid.Card, options => new MmgVid(options)),
        MethodEntry.Of<OmniZip.Options>(OmniZip.Card, options => new OmniZip(options)),
        MethodEntry.Of<Plphp.Options>(Plphp.Card, options => new Plphp(options)),
        MethodEntry.Of<PruMerge.Options>(PruMerge.Card, options => new PruMerge(options)),
        MethodEntry.Of<PruneVid.Options>(PruneVid.Card, options => new PruneVid(options)),
        MethodEntry.Of<Ptp.Options>(Ptp.Card, options => new Ptp(options)),
        MethodEntry.Of<PyramidDrop.Options>(PyramidDrop.Card, options => new PyramidDrop(options)),
        MethodEntry.Of<Quota.Options>(Quota.Card, options => new Quota(options)),
        MethodEntry.Of<Recoverable.Options>(Recoverable.Card, options => new Recoverable(options)),
        MethodEntry.Of<Saint.Options>(Saint.Card, options => new Saint(options)),
        MethodEntry.Of<Rlt.Options>(Rlt.Card, options => new Rlt(options)),
        MethodEntry.Of<Sms.Options>(Sms.Card, options => new Sms(options)),
        MethodEntry.Of<SparseVlm.Options>(SparseVlm.Card, options => new SparseVlm(options)),
        MethodEntry.Of<Sta.Options>(Sta.Card, options => new Sta(options)),
        MethodEntry.Of<Star.Options>(Star.Card, options => new Star(options)),
        MethodEntry.Of<Stc.Options>(Stc.Card, options => new Stc(options)),
        MethodEntry.Of<TempMe.Options>(TempMe.Card, options => new TempMe(options)),
        MethodEntry.Of<Testa.Options>(Testa.Card, options => new Testa(options)),
        MethodEntry.Of<Sttm.Options>(Sttm.Card, options => new Sttm(options)),
        MethodEntry.Of<TimeChatOnline.Options>(TimeChatOnline.Card, options => new TimeChatOnline(options)),
        MethodEntry.Of<ToDre.Options>(ToDre.Card, options => new ToDre(options)),
        MethodEntry.Of<TokenTransforming.Options>(TokenTransforming.Card, options => new TokenTransforming(options)),
        MethodEntry.Of<TransPrune.Options>(TransPrune.Card, options => new TransPrune(options)),
        MethodEntry.Of<ToMe.Options>(ToMe.Card, options => new ToMe(options)),
        MethodEntry.Of<TsLlava.Options>(TsLlava.Card, options => new TsLlava(options)),
        MethodEntry.Of<VFlowOpt.Options>(VFlowOpt.Card, options => new VFlowOpt(options)),
        MethodEntry.Of<VidTldr.Options>(VidTldr.Card, options => new VidTldr(options)),
        MethodEntry.Of<VidCom2.Options>(VidCom2.Card, options => new VidCom2(options)),
        MethodEntry.Of<ViLamp.Options>(ViLamp.Card, options => new ViLamp(options)),
        MethodEntry.Of<VisionZip.Options>(VisionZip.Card, options => new VisionZip(options)),
        MethodEntry.Of<VisPruner.Options>(VisPruner.Card, options => new VisPruner(options)),
        MethodEntry.Of<VScan.Options>(VScan.Card, options => new VScan(options)),
        MethodEntry.Of<Vtm.Options>(Vtm.Card, options => new Vtm(options)),
        MethodEntry.Of<ZooPrune.Options>(ZooPrune.Card, options => new ZooPrune(options)),
    ];

    /// <summary>The method of that name.</summary>
    /// <exception cref="WinnowException">There is none; the message lists the known names.</exception>
    public static MethodEntry Find(string id) => All.FirstOrDefault(entry => entry.Card.Id == id)
        ?? throw new WinnowException($"There is no method {id}; known are {string.Join(", ", All.Select(entry => entry.Card.Id))}.");
}
