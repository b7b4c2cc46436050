import Events
import FoundationEssentials
import Schema
import Testing

@Suite struct GoldenTests {
  @Test(arguments: Catalogue.versions)
  func `every version has a golden file`(version: Catalogue.Version) {
    let name = "\(version.schema.type).v\(version.schema.version).json"
    #expect(Golden.all.contains { $0.name == name }, "add Tests/SchemaTests/Golden/\(name)")
  }

  @Test(arguments: Golden.all)
  func `every golden file is of a version`(golden: Golden) {
    #expect(
      Catalogue.version(golden.version, of: golden.type) != nil,
      "a version that was published stays readable: put it back")
  }

  @Test(arguments: Golden.all)
  func `a golden file is read and written again to the same bytes`(golden: Golden) throws {
    #expect(try text(golden.pin().rewrite(golden.data)) == text(golden.data))
  }

  @Test(arguments: Golden.all)
  func `unknown fields are ignored at every depth`(golden: Golden) throws {
    let value = try JSONDecoder().decode(JSONValue.self, from: golden.data)
    let data = try JSONEncoder.wire.encode(withUnknownFields(value))
    #expect(data.count > golden.data.count)
    #expect(try text(golden.pin().rewrite(data)) == text(golden.data))
  }

  @Test(arguments: [
    ("order.captured.v1.json", "order.captured.v2.unpromised.json"),
    ("order.approved.v1.json", "order.approved.v2.unknown.json"),
  ])
  func `what an older version did not say stays absent`(old: String, new: String) throws {
    let old = try #require(Golden.all.first { $0.name == old })
    #expect(try text(old.pin().upcast(old.data)) == text(Golden.bytes(new)))
  }

  @Test(arguments: Golden.all)
  func `the newest version becomes itself`(golden: Golden) throws {
    let newest = Catalogue.entries.compactMap(\.versions.last).map(\.schema)
    let pin = try golden.pin()
    guard newest.contains(pin.schema) else { return }
    #expect(try text(pin.upcast(golden.data)) == text(golden.data))
  }

  @Test(arguments: [
    ("order.captured.v2.json", "promise", "order.captured.v2.unpromised.json"),
    ("order.charged.v1.json", "fee", "order.charged.v1.unknown.json"),
  ])
  func `null is read as absent`(name: String, field: String, absent: String) throws {
    let golden = try #require(Golden.all.first { $0.name == name })
    let data = try changed(golden) { $0[field] = .null }
    #expect(try text(golden.pin().rewrite(data)) == text(Golden.bytes(absent)))
  }

  @Test(arguments: [
    "settings.changed.v1.json", "order.captured.v1.json", "order.captured.v2.unpromised.json",
    "order.approved.v1.json", "order.approved.v2.unknown.json", "order.rejected.v1.json",
    "order.charged.v1.unknown.json", "order.declined.v1.json", "order.finalized.v1.json",
  ])
  func `a field that is not optional is missed by its name`(name: String) throws {
    let golden = try #require(Golden.all.first { $0.name == name })
    let value = try JSONDecoder().decode([String: JSONValue].self, from: golden.data)
    for field in value.keys {
      let data = try changed(golden) { $0[field] = nil }
      let error = try #require(throws: DecodingError.self) { try golden.pin().rewrite(data) }
      #expect(DecodingProblem(error).description == "\(field): is missing")
    }
  }

  @Test(arguments: [
    ("order.captured.v2.json", "price", #"{"amount":1,"currency":"XXX"}"#, "price.currency"),
    ("order.captured.v2.json", "price", #"{"amount":1.5,"currency":"USD"}"#, "price.amount"),
    ("order.captured.v2.json", "orderId", #""7""#, "orderId"),
    ("order.finalized.v1.json", "outcome", #""lost""#, "outcome"),
    ("settings.changed.v1.json", "fee", #"{"amount":"2500","enabled":true}"#, "fee.amount"),
  ])
  func `a wrong value is named by its path`(
    name: String, field: String, json: String, path: String
  ) throws {
    let golden = try #require(Golden.all.first { $0.name == name })
    let value = try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8))
    let data = try changed(golden) { $0[field] = value }
    let error = try #require(throws: DecodingError.self) { try golden.pin().rewrite(data) }
    #expect(DecodingProblem(error).path == path)
  }

  private func text(_ data: Data) -> String { String(decoding: data, as: UTF8.self) }

  private func changed(
    _ golden: Golden, _ change: (inout [String: JSONValue]) -> Void
  ) throws -> Data {
    var value = try JSONDecoder().decode([String: JSONValue].self, from: golden.data)
    change(&value)
    return try JSONEncoder.wire.encode(value)
  }

  private func withUnknownFields(_ value: JSONValue) -> JSONValue {
    guard case .object(var members) = value else { return value }
    members = members.mapValues(withUnknownFields)
    members["later"] = .object(["list": .array([.null, .integer(.max), .string("é")])])
    return .object(members)
  }
}
