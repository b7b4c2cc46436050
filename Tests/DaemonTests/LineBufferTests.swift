import Testing

@testable import Daemon

@Suite("Lines that wait", .timeLimit(.minutes(1)))
struct LineBufferTests {
  private func line(_ text: String) -> [UInt8] { Array("\(text)\n".utf8) }

  private var buffer: LineBuffer { LineBuffer { Array("\($0) dropped\n".utf8) } }

  /// Everything that is written from now on.
  private func drain(_ buffer: inout LineBuffer) -> String {
    var text = ""
    while let chunk = buffer.take() {
      text += String(decoding: chunk, as: UTF8.self)
      buffer.finish(wasWritten: true)
    }
    return text
  }

  @Test
  func `short lines leave together, and at most as many as the kernel keeps together`() throws {
    var buffer = buffer
    for number in 0..<1000 { buffer.append(line("\(number)")) }
    var all: [UInt8] = []
    while let chunk = buffer.take() {
      #expect(chunk.count <= LineBuffer.chunkBytes)
      #expect(chunk.last == UInt8(ascii: "\n"))
      all += chunk
      buffer.finish(wasWritten: true)
    }
    #expect(all == (0..<1000).flatMap { line("\($0)") })
    #expect(buffer.isEmpty)
  }

  @Test
  func `a long line is a chunk of its own`() {
    var buffer = buffer
    let long = line(String(repeating: "x", count: 10_000))
    for bytes in [line("a"), long, line("b")] { buffer.append(bytes) }
    #expect(buffer.take() == line("a"))
    buffer.finish(wasWritten: true)
    #expect(buffer.take() == long)
    buffer.finish(wasWritten: true)
    #expect(buffer.take() == line("b"))
    #expect(!buffer.isEmpty, "it is not written yet")
  }

  @Test
  func `lines that do not fit are dropped, and their count is in their place`() {
    var buffer = buffer
    for number in 0..<LineBuffer.maxLines + 7 { buffer.append(line("\(number)")) }
    #expect(buffer.dropped == 7)
    // A place that is free again is not used before half of them are.
    _ = buffer.take()
    buffer.finish(wasWritten: true)
    buffer.append(line("too early"))
    #expect(buffer.dropped == 8)
    #expect(drain(&buffer).hasSuffix("\n\(LineBuffer.maxLines - 1)\n8 dropped\n"))
    buffer.append(line("later"))
    #expect(drain(&buffer) == "later\n")
    #expect(buffer.isEmpty)
  }

  @Test
  func `bytes are limited as lines are`() {
    var buffer = buffer
    let long = line(String(repeating: "x", count: 16_383))
    for _ in 0..<100 { buffer.append(long) }
    #expect(buffer.dropped == 100 - LineBuffer.maxBytes / 16_384)
    #expect(drain(&buffer).utf8.count < LineBuffer.maxBytes + 20)
  }

  @Test
  func `a last line has room when there is none, and so much only`() {
    var buffer = buffer
    for number in 0..<LineBuffer.maxLines + 1 { buffer.append(line("\(number)")) }
    buffer.append(line("failed"), isUrgent: true)
    #expect(drain(&buffer).hasSuffix("\n1 dropped\nfailed\n"))
    for _ in 0..<1000 { buffer.append(line(String(repeating: "x", count: 8191)), isUrgent: true) }
    let limit = LineBuffer.maxBytes + LineBuffer.urgentBytes
    #expect(buffer.dropped == 1 + 1000 - limit / 8192)
  }

  @Test
  func `lines that a descriptor refuses are counted, and reported when it takes some again`() {
    var buffer = buffer
    for text in ["a", "b"] {
      buffer.append(line(text))
      _ = buffer.take()
      buffer.finish(wasWritten: false)
      #expect(buffer.take() == nil, "it does not try again by itself")
    }
    #expect(buffer.dropped == 2)
    buffer.append(line("c"))
    #expect(buffer.take() == Array("2 dropped\nc\n".utf8))
    buffer.finish(wasWritten: false)
    #expect(buffer.dropped == 3, "the line about dropped lines is not counted")
    buffer.append(line("d"))
    #expect(drain(&buffer) == "3 dropped\nd\n")
  }
}
