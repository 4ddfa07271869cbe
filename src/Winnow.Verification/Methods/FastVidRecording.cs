using Winnow.Methods;
using Winnow.Models.Configuration;
using Winnow.Models.Encode;
using Winnow.Reduction;
using Winnow.Video;

namespace Winnow.Verification.Methods;

/// <summary>Recordings of <see cref="FastVid"/>: its three ports, the pooled-query head that gives its signals, and the pooling of the
/// saliency.</summary>
internal sealed class FastVidRecording : MethodRecording
{
    // The recorded values are float32; ours are float64 until they are emitted.
    private const double Tolerance = 1e-4;

    /// <inheritdoc/>
    public override string Method => FastVid.Card.Id;

    /// <inheritdoc/>
    public override bool Covers(Recording recording) =>
        recording.Has("kept_video_indices") || recording.Has("pooled_attention") || recording.Has("head.probe");

    /// <inheritdoc/>
    public override void Compare(Recording recording, Comparison comparison)
    {
        if (recording.Has("kept_video_indices"))
            ComparePort(recording, comparison);
        else if (recording.Has("pooled_attention"))
            ComparePooling(recording, comparison);
        else
            PoolingHeadComparison.Compare(recording, comparison);
    }

    private static void ComparePort(Recording recording, Comparison comparison)
    {
        FastVid.Port port = PortOf(recording.Text("variant"));
        var method = new FastVid(new FastVid.Options
        {
            Variant = port,
            Reproduce = true,
            Retention = recording.Double("retention_ratio"),
            MinSegments = recording.Int("min_segments_c"),
            SegmentThreshold = recording.Double("segment_threshold_tau"),
            ContextShare = recording.Double("context_share_d"),
            AnchorStep = recording.Int("anchor_step_p"),
            MinCentreWeight = recording.Double("min_centre_weight_beta"),
            IgnoreThreshold = port == FastVid.Port.Qwen ? recording.Double("ignore_threshold") : new FastVid.Options().IgnoreThreshold,
        });
        var layout = new Layout(recording, hasNewlines: port == FastVid.Port.Video);
        ReductionPlan plan = method.Reduce(new ReductionInput(layout.Features, layout.Grid, new Dictionary<SignalRequest, SignalValue>
        {
            [new SignalRequest(Signal.PoolingAttention)] = recording.Signal("attention"),
            [new SignalRequest(Signal.FrameEmbeddings)] = recording.Signal("frame_global_features"),
        }));
        int[] video = [.. layout.Kept(plan.Places)], sequence = [.. layout.InSequence(video)];
        comparison.Close("adjacent_similarity", recording.Doubles("adjacent_similarity"), plan.Trace.Find<double>("similarity"), Tolerance);
        int[] starts = plan.Trace.Find<int>(PlanTrace.SegmentStarts)!;
        comparison.Equal("segment_sizes", recording.Integers("segment_sizes"), starts.Append(layout.Grid.Frames).Skip(1)
            .Zip(starts, (end, start) => end - start));
        comparison.Equal("kept_video_indices", recording.Integers("kept_video_indices"), video);
        comparison.Equal("kept_sequence_indices", recording.Integers("kept_sequence_indices"), sequence);
        long[] positions = recording.Has("position_ids_in") ? recording.Integers("position_ids_in")
            : [.. Enumerable.Range(0, layout.SequenceLength).Select(i => (long)i)];
        comparison.Equal("position_ids", recording.Integers("position_ids"),
            [.. positions.Chunk(layout.SequenceLength).SelectMany(axis => sequence.Select(i => axis[i]))]);
        comparison.Close("kept_features", recording.Floats("kept_features"), layout.Emitted(plan, sequence), Tolerance);
        if (recording.Has("density_score"))
            CompareScores(recording, comparison, plan.Trace, layout.Grid.TokensPerFrame);
    }

    private static void CompareScores(Recording recording, Comparison comparison, PlanTrace trace, int tokensPerFrame)
    {
        int[][] salient = trace.Find<int[]>("salient")!;
        comparison.Equal("salient_indices_in_frame", recording.Integers("salient_indices_in_frame"), salient.SelectMany(frame => frame)
            .Select(token => token % tokensPerFrame));
        comparison.Equal("context_count_per_frame", recording.Integers("context_count_per_frame"), trace.Find<int>("anchors")!);
        int width = recording.Shape("density_score")[1];
        double[][] recorded = [.. recording.Doubles("density_score").Chunk(width)];
        long[][] places = [.. recording.Integers("density_token_in_frame").Chunk(width)];
        double[][] scores = trace.Find<double[]>("scores")!;
        for (int t = 0; t < scores.Length; t++)
        {
            // Frames without anchors need no scores; the official code has them all the same.
            if (scores[t].Length == 0)
                continue;
            comparison.Equal($"density_token_in_frame {t}", places[t],
                Enumerable.Range(0, tokensPerFrame).Except(salient[t].Select(token => token % tokensPerFrame)));
            comparison.Close($"density_score {t}", recorded[t], scores[t], Tolerance);
        }
    }

    private static void ComparePooling(Recording recording, Comparison comparison)
    {
        if (recording.Int("stride") != 2)
            throw new RecordingSkippedException($"pooling with a stride of {recording.Int("stride")}; the models pool by 2");
        PoolingMode mode = recording.Text("mode") == "bilinear" ? PoolingMode.Bilinear : PoolingMode.Average;
        var pooling = new SpatialPooling(mode, recording.Int("side"));
        int frames = recording.Int("frames"), places = recording.Int("side") * recording.Int("side");
        float[] pooled = new float[frames * pooling.Tokens];
        for (int t = 0; t < frames; t++)
            pooling.Apply(recording.Floats("attention").AsSpan(t * places, places), 1, pooled.AsSpan(t * pooling.Tokens, pooling.Tokens));
        comparison.RelativelyClose("pooled_attention", recording.Floats("pooled_attention"), pooled, Tolerance);
    }

    private static FastVid.Port PortOf(string variant) => variant switch
    {
        _ when variant.Contains("OneVision", StringComparison.Ordinal) => FastVid.Port.OneVision,
        _ when variant.Contains("LLaVA-Video", StringComparison.Ordinal) => FastVid.Port.Video,
        _ when variant.Contains("Qwen", StringComparison.Ordinal) => FastVid.Port.Qwen,
        _ => throw new RecordingSkippedException($"there is no port \"{variant}\""),
    };

    /// <summary>How the recorded sequence is laid out: text, the video with or without a newline after each row, text.</summary>
    private sealed class Layout
    {
        private readonly TokenMatrix _sequence;
        private readonly int _start;
        private readonly int _length;
        private readonly int _stride;

        public Layout(Recording recording, bool hasNewlines)
        {
            _sequence = recording.Vectors("hidden_states");
            (_start, _length) = (recording.Int("text_before"), recording.Int("video_tokens"));
            Grid = new TokenGrid(recording.Int("frames"), recording.Int("grid_rows"), recording.Int("grid_cols"));
            _stride = Grid.Columns + (hasNewlines ? 1 : 0);
            Features = _sequence.Gather([.. Enumerable.Range(0, Grid.Count).Select(token => _start + Raw(token))]);
        }

        public TokenGrid Grid { get; }

        public TokenMatrix Features { get; }

        public int SequenceLength => _sequence.Count;

        /// <summary>Places in the raw video: each kept token, and after each row that keeps any its newline.</summary>
        public IEnumerable<int> Kept(IReadOnlyList<int> places)
        {
            for (int i = 0; i < places.Count; i++)
            {
                yield return Raw(places[i]);
                bool endsRow = i + 1 == places.Count || places[i + 1] / Grid.Columns != places[i] / Grid.Columns;
                if (endsRow && _stride > Grid.Columns)
                    yield return places[i] / Grid.Columns * _stride + Grid.Columns;
            }
        }

        public IEnumerable<int> InSequence(int[] video) =>
            Enumerable.Range(0, _start).Concat(video.Select(place => _start + place))
                .Concat(Enumerable.Range(_start + _length, SequenceLength - _start - _length));

        /// <summary>The new sequence: merged tokens where there are any, what stood there before everywhere else.</summary>
        public float[] Emitted(ReductionPlan plan, int[] sequence)
        {
            float[] merged = plan.Apply(Features);
            var tokenAt = plan.Places.Select((place, token) => (At: _start + Raw(place), token)).ToDictionary(pair => pair.At, pair =>
                pair.token);
            int width = Features.Dimension;
            return [.. sequence.SelectMany(at => tokenAt.TryGetValue(at, out int token) ? merged[(token * width)..((token + 1) * width)]
                : _sequence[at].ToArray())];
        }

        private int Raw(int token) => token / Grid.Columns * _stride + token % Grid.Columns;
    }
}
