import Events
import FoundationEssentials
import Testing

@Suite(.timeLimit(.minutes(1))) struct JSONValueTests {
  @Test(arguments: [
    "null", "true", "false", "0", "1", "-1", "1.5", "9223372036854775807", "18446744073709551615",
    "-9223372036854775808", #""""#, #""text""#, #""é/\"""#, "[]", "{}", "[null,[true,{}]]",
    #"{"a":1,"b":[1,"1",1.25],"c":null}"#,
  ])
  func `a value is read and written as the same text`(json: String) throws {
    let value = try JSONValue(parsing: Data(json.utf8))
    #expect(try text(value.json()) == json)
  }

  @Test(
    arguments: [
      ("null", .null), ("true", .bool(true)), ("1", .integer(1)), ("0", .integer(0)),
      ("9223372036854775807", .integer(.max)), ("9223372036854775808", .unsigned(1 << 63)),
      ("1.5", .number(1.5)), (#""1""#, .string("1")), (#""true""#, .string("true")),
      ("[1]", .array([.integer(1)])), (#"{"a":null}"#, .object(["a": .null])),
    ] as [(String, JSONValue)])
  func `every kind of value is known as what it is`(json: String, value: JSONValue) throws {
    #expect(try JSONValue(parsing: Data(json.utf8)) == value)
    #expect(JSONValue.canRead(Data(json.utf8)))
  }

  @Test func `a number beyond doubles is no value, and is ignored where it is not read`() throws {
    struct Named: Decodable { let name: String }
    struct Kept: Decodable { let value: JSONValue }
    let json = Data(#"{"name":"n","value":[1e400]}"#.utf8)
    #expect(JSONValue(json) == nil)
    #expect(!JSONValue.canRead(json))
    let error = #expect(throws: DecodingError.self) { try Kept(json: json) }
    #expect(error.map { DecodingProblem($0).description } == "value[0]: is not a number that fits")
    #expect(try Named(json: json).name == "n")
  }

  @Test(arguments: ["1e39", "-1e39", "1e400"])
  func `a number beyond the type's range is refused, and not infinite`(number: String) throws {
    struct Rated: Decodable { let rating: Float }
    let error = #expect(throws: DecodingError.self) {
      try Rated(json: Data(#"{"rating":\#(number)}"#.utf8))
    }
    #expect(error.map { DecodingProblem($0).description } == "rating: is not a number that fits")
  }

  @Test func `members and text are found where they are, and nowhere else`() {
    let object = JSONValue.object(["a": .string("x"), "b": .null])
    #expect(object["a"]?.string == "x")
    #expect(object["b"] == .null)
    #expect(object["c"] == nil)
    #expect(JSONValue.string("x")["a"] == nil)
    #expect(JSONValue.integer(1).string == nil)
  }
}
