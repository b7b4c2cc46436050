import Events
import FoundationEssentials
import Runtime
import Testing

@Suite(.timeLimit(.minutes(1))) struct IdentifierTests {
  @Test func `it is the UUIDv7 that another program makes of the same time and bits`() {
    let identifier = Identifier(at: Sample.time, random: 0xfedc_ba98_7654_3210)
    #expect(identifier.description == "019e35ce-b67b-774b-bfb7-2ea61d950c84")
  }

  @Test(arguments: [0, 1, 999, 1_779_019_200_123_456, .max] as [UInt64], [0, .max] as [UInt64])
  func `version and variant are those of RFC 9562`(microseconds: UInt64, random: UInt64) {
    let identifier = Identifier(at: Timestamp(microseconds: microseconds), random: random)
    let characters = Array(identifier.description)
    #expect(characters.count == 36)
    #expect(characters[14] == "7")
    #expect("89ab".contains(characters[19]))
  }

  @Test func `identifiers grow from microsecond to microsecond, for any random bits`() {
    let start = Sample.time.microseconds
    let identifiers = (0..<5000).map { step in
      Identifier(
        at: Timestamp(microseconds: start + step), random: step.isMultiple(of: 2) ? .max : 0)
    }
    let texts = identifiers.map(\.description)
    #expect(zip(texts, texts.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func `any UUID is read, and written in lower case`() {
    let text = "6BA7B810-9DAD-11D1-80B4-00C04FD430C8"
    #expect(Identifier(text)?.description == text.lowercased())
    #expect(Identifier(text) == Identifier(text.lowercased()))
  }

  @Test(arguments: [
    "", "1", "019e35ceb67b774bbfb72ea61d950c84", "{019e35ce-b67b-774b-bfb7-2ea61d950c84}",
    "019e35ce-b67b-774b-bfb7-2ea61d950c8", "019e35ce-b67b-774b-bfb7-2ea61d950c84x",
    "019e35ce-b67b-774b-bfb7-2ea61d950c8g", " 019e35ce-b67b-774b-bfb7-2ea61d950c84",
    "+19e35ce-b67b-774b-bfb7-2ea61d950c84",
    "019e35ceb-67b-774b-bfb7-2ea61d950c84",
  ])
  func `a text that is no UUID is not read`(text: String) {
    #expect(Identifier(text) == nil)
  }

  @Test func `each place takes its own characters, and no others`() {
    let text = [UInt8]("019e35ce-b67b-774b-bfb7-2ea61d950c84".utf8)
    for place in text.indices {
      let isDash = text[place] == UInt8(ascii: "-")
      for byte in 0..<UInt8(0x80) {
        var changed = text
        changed[place] = byte
        let isTaken = isDash ? byte == UInt8(ascii: "-") : byte.hexadecimalValue != nil
        let identifier = Identifier(String(decoding: changed, as: UTF8.self))
        let lowerCase = String(decoding: changed, as: UTF8.self).lowercased()
        #expect(identifier?.description == (isTaken ? lowerCase : nil), "\(place): \(byte)")
      }
    }
  }

  @Test func `bytes after a zero byte are not cut off`() {
    #expect(Identifier("019e35ce-b67b-774b-bfb7-2ea61d950c84\0more") == nil)
  }

  @Test func `it is a string in JSON, and another string does not decode`() throws {
    let json = try [Sample.id].json()
    #expect(text(json) == #"["019e0c5a-7b00-7005-8005-000000000005"]"#)
    #expect(try JSONDecoder().decode([Identifier].self, from: json) == [Sample.id])
    let error = try #require(throws: DecodingError.self) {
      try JSONDecoder().decode([String: Identifier].self, from: Data(#"{"id":"7"}"#.utf8))
    }
    #expect(DecodingProblem(error).description == "id: “7” is not a UUID")
  }

  @Test func `runtime make it of their own time and bits`() {
    let runtime = Sample.runtime()
    let first = runtime.identifier()
    #expect(first == Identifier(at: Sample.time, random: 1))
    #expect(runtime.identifier() == Identifier(at: Sample.time, random: 2))
  }
}
