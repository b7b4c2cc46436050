import Courier
import Daemon
import Events
import FoundationEssentials
import HTTPTypes
import RoomTesting
import Schema
import Testing
import Versions

/// A number that does not fit its field is refused in one way wherever JSON comes in: by the path of
/// the field, and with one sentence.
@Suite(.timeLimit(.minutes(1)))
struct NumberThatDoesNotFitTests {
  /// Where JSON is read.
  enum Place: CaseIterable {
    /// A type that reads itself from bytes.
    case type
    /// A value that is read as a type later.
    case value
    /// The shape of an event, without its type.
    case shape
    /// The body of a command.
    case command
    /// A request to the log of a service.
    case logRequest
    /// The body of an event.
    case event

    var path: String { self == .event ? "data.version" : "limit" }
  }

  private struct Limited: Decodable, Sendable {
    let limit: Int64
  }

  private static let numbers = [
    "1.5", "1e30", "9223372036854775808", "-9223372036854775809", "18446744073709551616",
  ]

  @Test(arguments: Place.allCases, numbers)
  func `it is refused by its path, with one sentence`(place: Place, number: String) throws {
    let problem = try #require(try problem(of: number, at: place))
    #expect(problem == "\(place.path): is not a whole number that fits")
  }

  @Test(arguments: [Place.type, .command, .logRequest, .event])
  func `a number beyond doubles is refused in the same way`(place: Place) throws {
    let problem = try #require(try problem(of: "1e400", at: place))
    #expect(problem == "\(place.path): is not a whole number that fits")
  }

  @Test(arguments: Place.allCases)
  func `a number that fits is taken`(place: Place) throws {
    #expect(try problem(of: "1e1", at: place) == nil)
  }

  /// The path and the sentence with which the number is refused; nil where it is taken.
  private func problem(of number: String, at place: Place) throws -> String? {
    let json = Data(#"{"stream":"alpha","after":1,"limit":\#(number)}"#.utf8)
    do {
      switch place {
      case .type: _ = try Limited(json: json)
      case .value: _ = try JSONValue(parsing: json).decode(Limited.self)
      case .shape:
        return Shape(of: Limited.self).misfit(of: try JSONValue(parsing: json))?.description
      case .command: _ = try command(json).json(Limited.self)
      case .logRequest: _ = try LogRequest(frames: [Data("FETCH".utf8), json])
      case .event: _ = try SettingsChanged.read(try event(version: number))
      }
      return nil
    } catch let error as DecodingError {
      return "\(DecodingProblem(error))"
    } catch let problem as Problem {
      return Self.words(of: problem)
    } catch let refusal as Refusal {
      #expect(refusal.code == .malformed)
      return refusal.message.replacing("FETCH: ", with: "")
    } catch let error as UnreadableEvent {
      guard case .body(let problem) = error.reason else { throw error }
      return problem
    }
  }

  private func command(_ json: Data) -> Request {
    Request(
      .post, "/", headers: [.contentType: "application/json"], body: json,
      correlation: TestClock().request("request-1"))
  }

  private func event(version: String) throws -> Record {
    let record = try SyntheticLog("alpha").next(Settings.first)
    let body = String(decoding: record.body, as: UTF8.self)
      .replacing("\"version\":1000", with: "\"version\":\(version)")
    return Record(topic: record.topic, header: record.header, body: Data(body.utf8))
  }

  /// The sentence of a problem document has the path in it, and a member of its own.
  private static func words(of problem: Problem) -> String? {
    guard problem.status == .unprocessableContent, problem.slug == "invalid-field",
      let path = problem.members["path"]?.string, problem.detail.hasPrefix("The field \(path) ")
    else { return nil }
    return "\(path): \(problem.detail.dropFirst("The field \(path) ".count).dropLast())"
  }
}
