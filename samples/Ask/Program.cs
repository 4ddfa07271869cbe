// Winnow as a library: what `winnow ask` does, on public API only.
//   dotnet run --project samples/Ask -- models/tiny samples/shapes.mp4 "What colour is the star?"
using Winnow.Engine;
using Winnow.Methods;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) => { press.Cancel = true; stop.Cancel(); };

using VideoEngine engine = VideoEngine.Load(args[0]);
var method = new MmgVid(new MmgVid.Options { Retention = 0.25 });
EncodedClip clip = await engine.EncodeAsync(args[1], new EncodeOptions { Needs = method.Needs }, cancellation: stop.Token);
using Conversation conversation = engine.Start(clip, new ReductionChoice { Reducer = method, Positions = MmgVid.Card.Positions });
await foreach (string piece in conversation.AskAsync(args[2], cancellation: stop.Token))
    Console.Write(piece);
Console.WriteLine($"\n{conversation.Account!.KeptTokens} of {conversation.Account.VisualTokens} visual tokens kept");
