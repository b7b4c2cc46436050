import Testing

@testable import CommandLineTool

@Suite("Lines of a daemon under `up`", .timeLimit(.minutes(2)))
struct LineSplitterTests {
  /// The lines that come out of chunks.
  private func lines(_ chunks: [String]) -> [String] {
    var splitter = LineSplitter()
    var heard: [String] = []
    for chunk in chunks {
      Array(chunk.utf8).withUnsafeBytes { bytes in
        splitter.take(bytes) { heard.append(String(decoding: $0, as: UTF8.self)) }
      }
    }
    splitter.finish { heard.append(String(decoding: $0, as: UTF8.self)) }
    return heard
  }

  @Test(
    arguments: [
      (["a\nb\n"], ["a", "b"]), (["a", "b\nc", "\n"], ["ab", "c"]), (["\n\na"], ["", "", "a"]),
      ([""], []), (["é", "\n"], ["é"]), (["a\r\n"], ["a\r"]),
    ])
  func `a line ends at its end, however it is cut into chunks`(chunks: [String], heard: [String]) {
    #expect(lines(chunks) == heard)
  }

  @Test
  func `a line that is too long is passed on in pieces, and nothing of it is kept`() {
    let long = String(repeating: "x", count: LineSplitter.maxBytes * 2 + 5)
    for chunks in [
      [long + "\nnext\n"], [String(long.prefix(100)), long.dropFirst(100) + "\nnext\n"],
    ] {
      #expect(
        lines(chunks).map(\.utf8.count) == [LineSplitter.maxBytes, LineSplitter.maxBytes, 5, 4])
    }
  }
}
