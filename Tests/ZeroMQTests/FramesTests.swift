import Foundation
import Testing
import ZeroMQ

@Suite("Frames in one piece of memory", .timeLimit(.minutes(1)))
struct FramesTests {
  private let texts = [
    ["a", "", "bc"], [""], [], ["abc"], ["ab", "c"], ["a", "bc"], ["a", "bc", ""],
  ]

  private func message(_ texts: [String]) -> Message { Message(texts.map { Data($0.utf8) }) }

  @Test("They are the frames that a message was made of, each with indices of its own")
  func keepsFrames() {
    for texts in texts {
      let frames = message(texts).frames
      #expect(frames.map { String(decoding: $0, as: UTF8.self) } == texts)
      #expect(frames.byteCount == texts.joined().utf8.count)
      #expect(frames.allSatisfy { $0.startIndex == 0 })
      for index in frames.indices {
        #expect(frames.withUnsafeBytes(of: index) { Data($0) } == Data(texts[index].utf8))
      }
    }
  }

  @Test("They are equal only where each frame is: frames that end elsewhere are others")
  func comparesFrames() {
    for (index, first) in texts.enumerated() {
      for (other, second) in texts.enumerated() {
        #expect((message(first) == message(second)) == (index == other), "\(first), \(second)")
      }
    }
  }

  @Test("A large message arrives whole, and the small ones around it too")
  func receivesLarge() async throws {
    try await withContext { context, folder in
      try await withPair(context, folder.ipc("a")) { publisher, subscriber in
        let large = Message((0..<40).map { Data(repeating: $0, count: 100_000) })
        let many = Message((0..<3_000).map { Data("\($0)".utf8) })
        let sent = [Message("before"), large, Message("between", ""), many, Message("after")]
        try await publisher.send(sent)
        #expect(await take(sent.count, of: subscriber.messages) == sent)
      }
    }
  }
}
