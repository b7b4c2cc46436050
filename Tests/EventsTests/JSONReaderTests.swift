import Events
import FoundationEssentials
import Testing

/// A typed value that cannot be read: its path, and which names are equal.
@Suite(.timeLimit(.minutes(1)))
struct JSONReaderTests {
  private struct Part: Decodable { let number: Int }
  private struct Whole: Decodable {
    let parts: [Part]
    let named: [String: Part]
  }

  @Test(arguments: [
    (#"{"parts":[{"number":1},{"number":"2"}],"named":{}}"#, "parts[1].number"),
    (#"{"parts":[],"named":{"x":{"number":1},"y":{"number":null}}}"#, "named.y.number"),
    (#"{"parts":[{"number":1},{}],"named":{}}"#, "parts[1].number"),
    (#"{"parts":{},"named":{}}"#, "parts"), (#"{"named":{}}"#, "parts"), ("[]", ""),
    (#"{"parts":[1e400],"named":{}}"#, "parts[0]"),
  ])
  func `a wrong value is named by its path`(json: String, path: String) throws {
    let error = try #require(throws: (any Error).self) { try Whole(json: Data(json.utf8)) }
    #expect(DecodingProblem(error).path == path)
  }

  @Test(arguments: [
    #"{"a":1,"\u0061":2}"#, "{\"é\":1,\"e\u{301}\":2}", #"{"\u00e9":1,"é":2}"#, #"{"":1,"":2}"#,
  ])
  func `equal names are refused however they are written`(json: String) {
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Data(json.utf8)) }
  }

  @Test func `a name is found however it is written, and among many`() throws {
    struct Named: Decodable { let name: String }
    let others = (0..<40).map { "\"other\($0)\":\($0)" }.joined(separator: ",")
    let json = #"{\#(others),"\u006eame":"caf\u00e9 \ud83d\ude00\n"}"#
    #expect(try Named(json: Data(json.utf8)).name == "café 😀\n")
    let twice = "{\(others),\"other7\":1}"
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Data(twice.utf8)) }
  }
}
