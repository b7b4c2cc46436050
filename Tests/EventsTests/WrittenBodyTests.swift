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
