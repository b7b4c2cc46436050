import Foundation
import Runtime
import Testing

@testable import Events

/// The fast way through a body that this program has written: it reads the same as the general one.
@Suite(.timeLimit(.minutes(1))) struct WrittenBodyTests {
  private static let works = [
    Correlation(id: "c1", trace: Sample.trace),
    Correlation(id: "c1", requestID: "r1", trace: Sample.trace),
    Correlation(
      id: "c1", requestID: "r1", causationID: Sample.cause, trace: Sample.trace,
      traceState: TraceState("vendor=1")),
  ]

  @Test(arguments: works)
  func `what is written is read without a search`(work: Correlation) throws {
    let noted = Noted(thing: "t1", note: "“a\n”/\u{e9}", by: nil)
    let envelope = Sample.envelope(noted, correlation: work)
    let schema = Noted.schema
    let read = WrittenBody(
      [UInt8](try envelope.body()),
      expecting: ExpectedTexts(
        stream: "things", type: schema.cloudEventType, dataSchema: schema.dataSchema))
    #expect(try #require(read).attributes == envelope.attributes)
    #expect(try read?.data.read(Noted.self) == noted)
  }

  /// A space behind the body sends it the general way.
  @Test(arguments: works)
  func `a changed byte is read or refused as on the general way`(work: Correlation) throws {
    let body = [UInt8](
      try Sample.envelope(Noted(thing: "t1", note: "a"), correlation: work).body())
    for place in body.indices {
      for byte in [0, 0x20, 0x22, 0x2c, 0x30, 0x41, 0x5c, 0x67, 0x7d, 0x80, body[place] ^ 1] {
        var changed = body
        changed[place] = byte
        #expect(outcome(of: changed) == outcome(of: changed + [0x20]), "\(place): \(byte)")
      }
      for changed in [body[..<place] + body[(place + 1)...], body[...place] + body[place...]] {
        #expect(outcome(of: Array(changed)) == outcome(of: changed + [0x20]), "\(place)")
      }
    }
  }

  @Test(arguments: ["}", "x", ",", "\0", "{}"])
  func `what follows the body is refused`(rest: String) throws {
    let body = try Sample.envelope(Noted(thing: "t1", note: "a")).body()
    #expect(throws: Never.self) { try Sample.read(Noted.self, from: body + Data(" \n".utf8)) }
    #expect(throws: UnreadableEvent.self) {
      try Sample.read(Noted.self, from: body + Data(rest.utf8))
    }
  }

  /// In a body of this form, whatever else it says is read or refused as on the general way.
  @Test(arguments: [
    (#""sequence":"00000000000000000007""#, #""sequence":"18446744073709551616""#),
    (#""sequence":"00000000000000000007""#, #""sequence":"99999999999999999999""#),
    (#""sequence":"00000000000000000007""#, #""sequence":"0000000000000000007""#),
    (#""sequence":"00000000000000000007""#, #""sequence":"+0000000000000000007""#),
    (#""sequence":"00000000000000000007""#, #""sequence":7"#),
    (#""requestid":"r1""#, #""requestid":null"#), (#""requestid":"r1""#, #""requestid":"""#),
    (#""causationid":"019e0c5a-7b00-7006-8006-000000000006""#, #""causationid":null"#),
    (#""causationid":"019e0c5a-7b00-7006-8006-000000000006""#, #""causationid":"c""#),
    (#""tracestate":"vendor=1""#, #""tracestate":null"#),
    (#""tracestate":"vendor=1""#, #""tracestate":"=""#),
    (#""traceparent":"00-"#, #""traceparent":"01-"#), (#"3331-01""#, #"3331-01-later""#),
    (#""traceparent":"00-0af7651916cd43dd8448eb211c80319c"#, #""traceparent":"cc-0AF7"#),
    (#"{"note""#, #"{"note":1,"note""#), (#""note":"a""#, #""note":"\u0061""#),
    (#""note":"a""#, #""note":null"#), (#""note":"a""#, #""other":1e999"#),
    (#""source":"urn:eventually:things""#, #""source":"urn:eventually:thing""#),
    (#""specversion":"1.0""#, #""specversion":"1.1""#), (#""subject":"t1""#, #""subject":"é""#),
    (#""type""#, #""also":1,"type""#), (#""time":"2026-05-17T12"#, #""time":"2026-05-17t12"#),
    (#""note":"a""#, "\"other\":" + nested(30)), (#""note":"a""#, "\"other\":" + nested(31)),
    (#""note":"a""#, "\"other\":" + nested(32)),
  ])
  func `another value is read or refused as on the general way`(
    part: String, other: String
  ) throws {
    let body = String(
      decoding: try Sample.envelope(Noted(thing: "t1", note: "a"), correlation: Self.works[2])
        .body(), as: UTF8.self)
    #expect(body.contains(part))
    let changed = [UInt8](body.replacing(part, with: other).utf8)
    #expect(outcome(of: changed) == outcome(of: changed + [0x20]))
  }

  private static func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
  }

  private func outcome(of body: [UInt8]) -> Result<Envelope<Noted>, ReadingFailure> {
    Result { () throws(ReadingFailure) in
      do {
        return try Sample.read(Noted.self, from: Data(body))
      } catch {
        // The end is one byte later on the general way.
        let sentence = "\(error)"
        let place = sentence.range(of: "ends too early at byte")
        throw ReadingFailure(
          sentence: String(sentence[..<(place?.upperBound ?? sentence.endIndex)]))
      }
    }
  }
}

private struct ReadingFailure: Error, Equatable {
  let sentence: String
}
