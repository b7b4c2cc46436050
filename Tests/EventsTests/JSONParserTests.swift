import FoundationEssentials
import Testing

@testable import Events

@Suite(.timeLimit(.minutes(1))) struct JSONParserTests {
  @Test(
    arguments: [
      ("", .unexpectedEnd, 0), (" ", .unexpectedEnd, 1), ("{", .unexpectedEnd, 1),
      ("[1,", .unexpectedEnd, 3), (#"{"a""#, .unexpectedEnd, 4), (#"""#, .unexpectedEnd, 1),
      (#""\"#, .unexpectedEnd, 2), (#""\u00"#, .unexpectedEnd, 5), ("-", .unexpectedEnd, 1),
      ("1.", .unexpectedEnd, 2), ("1e", .unexpectedEnd, 2), ("tru", .unexpectedEnd, 3),
      ("[1,]", .unexpectedByte, 3), (#"{"a":1,}"#, .unexpectedByte, 7),
      ("{a:1}", .unexpectedByte, 1),
      ("'a'", .unexpectedByte, 0), ("nul1", .unexpectedByte, 3), ("+1", .unexpectedByte, 0),
      (".5", .unexpectedByte, 0), ("NaN", .unexpectedByte, 0), ("[1 2]", .unexpectedByte, 3),
      ("\u{FEFF}1", .unexpectedByte, 0), ("/**/1", .unexpectedByte, 0),
      ("\u{b}1", .unexpectedByte, 0),
      ("1 1", .trailingBytes, 2), ("{}}", .trailingBytes, 2), ("null\0", .trailingBytes, 4),
      ("\"\n\"", .controlCharacter, 1), (#""\x""#, .badEscape, 2), (#""\u12G4""#, .badEscape, 5),
      (#""\ud800""#, .badEscape, 7), (#""\ud800\u0041""#, .badEscape, 13),
      (#""\udc00""#, .badEscape, 7),
      ("01", .malformedNumber, 0), ("-01", .malformedNumber, 0), ("1.x", .malformedNumber, 2),
      ("1ex", .malformedNumber, 2), ("-x", .malformedNumber, 1),
      ("[1e400]", .numberOutOfRange, 1), ("-1e99999999999999999999", .numberOutOfRange, 0),
      (#"{"a":1,"b":2,"a":1}"#, .repeatedName("a"), 13),
      (#"{"a":1,"\u0061":2}"#, .repeatedName("a"), 7),
    ] as [(String, JSONSyntaxError.Reason, Int)])
  func `a text that is no JSON is refused with the place`(
    text: String, reason: JSONSyntaxError.Reason, offset: Int
  ) {
    let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Data(text.utf8)) }
    #expect(error == JSONSyntaxError(reason, at: offset))
  }

  @Test(
    arguments: [
      [0x22, 0xff, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0x22, 0x5c, 0x6e, 0xf5, 0x22],
    ] as [[UInt8]])
  func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) {
    let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Data(bytes)) }
    #expect(error?.reason == .notUTF8)
  }

  @Test func `a string ends at its quotation mark, wherever it stands`() throws {
    for length in 0..<20 {
      for place in 0...length {
        for character in ["\"", "\\", "\n", "\u{7f}", "\u{e9}", "\u{1f600}"] {
          let plain = String(repeating: "a", count: length)
          let text = plain.prefix(place) + character + plain.dropFirst(place)
          let json = try String(text).json()
          #expect(try JSONValue(parsing: json) == .string(String(text)))
        }
        var bytes = [UInt8]("\"".utf8) + [UInt8](repeating: 0x61, count: length) + [0x22]
        bytes.insert(0x1f, at: place + 1)
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Data(bytes)) }
      }
    }
  }

  @Test func `UTF-16 is refused`() {
    let text = "{\"a\":1}".utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
    #expect(JSONValue(Data(text)) == nil)
  }

  @Test(arguments: [
    (#""\"\\\/\b\f\n\r\t\u0041""#, "\"\\/\u{8}\u{c}\n\r\tA"), (#""\ud83d\ude00é\u00e9""#, "😀éé"),
    (#""\u0000""#, "\0"), ("\"\u{7f}\u{2028}\"", "\u{7f}\u{2028}"),
  ])
  func `escapes are read`(json: String, text: String) throws {
    #expect(try JSONValue(parsing: Data(json.utf8)) == .string(text))
  }

  @Test(
    arguments: [
      ("10.0", .integer(10)), ("1e2", .integer(100)), ("1.5E+1", .integer(15)),
      ("120e-1", .integer(12)), ("0.000", .integer(0)), ("0e999999999999", .integer(0)),
      ("-0", .integer(0)), ("-1e0", .integer(-1)), ("1.8446744073709551615e19", .unsigned(.max)),
      ("18446744073709551616", .number(18_446_744_073_709_551_616)),
      ("10.00000000000000001", .number(10)), ("1e-400", .number(0)),
    ] as [(String, JSONValue)])
  func `a number is whole exactly when it is one`(text: String, value: JSONValue) throws {
    #expect(try JSONValue(parsing: Data(text.utf8)) == value)
  }

  @Test func `nesting is limited`() throws {
    func nested(_ depth: Int) -> Data {
      Data((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    #expect(throws: Never.self) { try JSONValue(parsing: nested(32)) }
    let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: nested(33)) }
    #expect(error == JSONSyntaxError(.tooDeep, at: 32))
    #expect(JSONValue(nested(30_000)) == nil)
  }

  @Test(arguments: [
    (String(repeating: "[", count: 32_768), 33), (String(repeating: "{\"\":", count: 16_000), 33),
    ("[" + String(repeating: "0,", count: 32_000) + "0]", 32_002), ("[[[],[]],[[],[]]]", 7),
  ])
  func `each value is read once, for any text`(text: String, values: Int) {
    var bytes = Array(text.utf8)
    bytes.withUnsafeMutableBufferPointer { bytes in
      var parser = JSONParser(UnsafeBufferPointer(bytes))
      _ = try? parser.document()
      #expect(parser.valueCount == values)
    }
  }
}
