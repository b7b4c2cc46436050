import Events
import FoundationEssentials
import Testing
import Versions

@Suite(.timeLimit(.minutes(1))) struct DecodingProblemTests {
  private struct Shape: Decodable {
    var name: String
    var count: Int64
    var isOn: Bool
    var list: [Inner]

    struct Inner: Decodable {
      var size: Int
      var tags: [String: String]?
    }
  }

  private struct Whole: Decodable {
    var count: Int64
  }

  @Test(arguments: [
    (#"{}"#, "name: is missing"),
    (#"[]"#, "is not an object"),
    (#"{"name":null}"#, "name: is null"),
    (#"{"name":1}"#, "name: is not a string"),
    (#"{"name":"n","count":"1"}"#, "count: is not a whole number that fits"),
    (#"{"name":"n","count":1,"isOn":1}"#, "isOn: is not true or false"),
    (#"{"name":"n","count":1,"isOn":true,"list":{}}"#, "list: is not a list"),
    (#"{"name":"n","count":1,"isOn":true,"list":[1]}"#, "list[0]: is not an object"),
    (#"{"name":"n","count":1,"isOn":true,"list":[{"size":1},{}]}"#, "list[1].size: is missing"),
    (
      #"{"name":"n","count":1,"isOn":true,"list":[{"size":1,"tags":{"a":1}}]}"#,
      "list[0].tags.a: is not a string"
    ),
    (#"{"name":"n","count":1.5}"#, "count: is not a whole number that fits"),
    (#"{"name":"n","count":9223372036854775808}"#, "count: is not a whole number that fits"),
    (
      #"{"name":"n","count":1,"isOn":true,"list":[{"size":10.00000000000000001}]}"#,
      "list[0].size: is not a whole number that fits"
    ),
    (#"{"#, "the text ends too early at byte 1"),
    ("", "the text ends too early at byte 0"),
  ])
  func `it names the field by its path, and what is wrong`(json: String, sentence: String) throws {
    let error = try #require(throws: (any Error).self) { try Shape(json: Data(json.utf8)) }
    #expect(DecodingProblem(error).description == sentence)
  }

  @Test(arguments: [
    "1.5", "9223372036854775808", "1e400", "1e-400", "999999999999.00001", #""1""#, "true",
  ])
  func `a whole number that is none is named by its path`(number: String) throws {
    let error = try #require(throws: (any Error).self) {
      try [Whole](json: Data(#"[{"count":\#(number)}]"#.utf8))
    }
    #expect(DecodingProblem(error).description == "[0].count: is not a whole number that fits")
  }

  @Test(
    arguments: [
      ("0", 0), ("-1", -1), ("9223372036854775807", .max), ("10.0", 10), ("1.5e1", 15), ("-0", 0),
    ] as [(String, Int64)])
  func `a whole number is read`(number: String, value: Int64) throws {
    #expect(try Whole(json: Data(#"{"count":\#(number)}"#.utf8)).count == value)
  }

  @Test func `another error is passed on unchanged`() {
    struct Other: Error, CustomStringConvertible { let description = "something else" }
    #expect(DecodingProblem(Other()).description == "something else")
  }
}
