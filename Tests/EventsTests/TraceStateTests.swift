import Events
import FoundationEssentials
import Testing

@Suite(.timeLimit(.minutes(1))) struct TraceStateTests {
  @Test(arguments: [
    ("congo=t61rcWkgMzE", "congo=t61rcWkgMzE"),
    ("rojo=00f067aa0ba902b7,congo=t61", "rojo=00f067aa0ba902b7,congo=t61"),
    (" rojo=1 ,\t, congo=a b ", "rojo=1,congo=a b"),
    ("1tenant@system=x", "1tenant@system=x"),
    ("a_-*/0=~!", "a_-*/0=~!"),
  ])
  func `a tracestate is kept without spaces around its members`(text: String, kept: String) {
    #expect(TraceState(text)?.description == kept)
  }

  @Test(arguments: [
    "", " , ", "congo", "=x", "congo=", "Congo=x", "9congo=x", "a=1,a=2", "a=b=c", "a=é", "a@b@c=1",
    "a@=1", "@b=1", "a@9=1", String(repeating: "x", count: 300) + "=1",
    "a=" + String(repeating: "x", count: 257),
    (0...32).map { "k\($0)=1" }.joined(separator: ","),
    "a=" + String(repeating: "x", count: 250) + ",b=" + String(repeating: "x", count: 255)
      + ",c=12",
  ])
  func `an invalid tracestate, and one that is too long, is none`(text: String) {
    #expect(TraceState(text) == nil)
  }

  @Test func `32 members and 512 characters are kept`() {
    #expect(TraceState((0..<32).map { "k\($0)=1" }.joined(separator: ",")) != nil)
    let text =
      "a=" + String(repeating: "x", count: 250) + ",b=" + String(repeating: "x", count: 254)
      + ",c"
    #expect(TraceState(text) == nil)
    let whole =
      "a=" + String(repeating: "x", count: 252) + ",b=" + String(repeating: "x", count: 255)
    #expect(whole.utf8.count == 512)
    #expect(TraceState(whole)?.description == whole)
  }

  @Test func `an event carries it, and its consequences do`() throws {
    let state = try #require(TraceState("congo=t61,rojo=1"))
    let work = Correlation(id: "c1", trace: Sample.trace, traceState: state)
    let envelope = Sample.envelope(Noted(thing: "t1"), correlation: work)
    let body = try envelope.body()
    let text = String(decoding: body, as: UTF8.self)
    #expect(
      text.contains(#""traceparent":"\#(Sample.trace)","tracestate":"congo=t61,rojo=1","type""#))
    #expect(try Sample.read(Noted.self, from: body) == envelope)
    #expect(envelope.consequence.traceState == state)
  }

  @Test func `an invalid one in an event is none, and the event is read`() throws {
    let plain = Sample.envelope(Noted(thing: "t1"))
    let text = String(decoding: try plain.body(), as: UTF8.self)
    #expect(!text.contains("tracestate"))
    for invalid in [#""no""#, "7", "null"] {
      let body = Data(
        text.replacing(#","type":"#, with: #","tracestate":\#(invalid),"type":"#).utf8)
      #expect(try Sample.read(Noted.self, from: body) == plain)
    }
  }
}
