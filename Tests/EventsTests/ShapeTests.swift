import Events
import FoundationEssentials
import Runtime
import Testing
import Versions

@Suite(.timeLimit(.minutes(1))) struct ShapeTests {
  private enum Colour: String, Codable, Hashable, CaseIterable {
    case red, blue
  }

  private struct Part: Codable, Hashable {
    var size: Int64
    var colour: Colour?
  }

  private struct Whole: Payload {
    static let schema = PayloadSchema("thing.made", version: 1, leastReader: 1)
    var id: Identifier
    var isNew: Bool
    var name: String
    var at: Timestamp?
    var part: Part
    var spare: Part?
    var parts: [Part]
  }

  @Test func `a shape has every field at every depth`() {
    let fields = Shape(of: Whole.self).fields.map { "\($0.path) \($0.shape.kind)" }
    #expect(
      fields == [
        "at? time", "id uuid", "isNew boolean", "name text", "part object",
        "part.colour? one of blue red", "part.size integer", "parts list of object",
        "parts[].colour? one of blue red", "parts[].size integer", "spare? object",
        "spare?.colour? one of blue red", "spare?.size integer",
      ])
  }

  private struct Fraction: Codable { var rate: Double }
  private struct Small: Codable { var count: UInt16? }
  private enum Open: String, Codable { case one }
  private struct Chosen: Codable { var open: Open }
  private struct Mapped: Codable { var names: [String: String] }

  @Test func `a type that cannot be pinned names the reason`() {
    let reasons: [(any Decodable.Type, String)] = [
      (Fraction.self, "rate: a fraction has no exact value: count in whole units, as an Int64"),
      (Small.self, "count: a number that is pinned is an Int64, since no other never grows"),
      (
        Chosen.self,
        "open: Open checks what it reads: make it a FormattedText, or an enum that is CaseIterable"
      ),
      (Mapped.self, "names: a dictionary has no fixed fields: make it a type, or a list"),
    ]
    for (type, reason) in reasons { #expect(Shape(of: type) == .unpinnable(reason)) }
  }

  /// The values that a writer of the same shape may send, and those that it may not.
  private func payloads() throws -> [(value: JSONValue, isFit: Bool)] {
    let shape = Shape(of: Whole.self)
    let good = shape.variants(of: shape.example)
    #expect(good.count > 40)
    let bad: [(String, JSONValue?)] = [
      ("id", nil), ("id", .null), ("id", .string("7")), ("id", .integer(7)),
      ("isNew", .string("true")), ("name", .integer(1)), ("name", nil),
      ("part", .object([:])), ("part", .array([])), ("part", .null),
      ("part", .object(["size": .string("1")])),
      ("part", .object(["size": .number(1.5)])),
      ("part", .object(["size": .integer(1), "colour": .string("green")])),
      ("parts", .object([:])), ("parts", .array([.null])), ("at", .integer(3)),
    ]
    guard case .object(let members) = shape.example else { return [] }
    return good.map { ($0.value, true) }
      + bad.map { name, value in
        var members = members
        members[name] = value
        return (.object(members), false)
      }
  }

  @Test func `a shape reads what its type reads, and nothing else`() throws {
    let shape = Shape(of: Whole.self)
    for (value, isFit) in try payloads() {
      let data = try value.json()
      let isRead = (try? JSONDecoder().decode(Whole.self, from: data)) != nil
      let misfit = shape.misfit(of: value)
      #expect(isRead == isFit, "\(text(data))")
      #expect((misfit == nil) == isFit, "\(text(data)): \(misfit?.description ?? "")")
    }
  }

  @Test func `a misfit is named by its path`() {
    let value = JSONValue.object(["parts": .array([.object(["size": .bool(true)])])])
    let shape = Shape.object([
      .init("parts", shape: .list(.object([.init("size", shape: .integer)])))
    ])
    let misfit = shape.misfit(of: value)
    #expect(misfit?.description == "parts[0].size: is not a whole number that fits")
  }
}
