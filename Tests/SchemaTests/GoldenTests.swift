import Events
import Foundation
import Schema
import Testing
import Versions

@Suite(.timeLimit(.minutes(1))) struct GoldenTests {
  @Test func `pinned facts are unchanged, and the promised compatibility holds`() throws {
    let problems = Registry.eventually.problems(with: try .eventually)
    #expect(problems == [], "\(problems.joined(separator: "\n\n"))")
  }

  @Test func `every golden file in the folder is registered`() throws {
    let folder = URL(fileURLWithPath: #filePath)
      .appending(path: "../../../Sources/Schema/Golden").standardized
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(files.sorted() == Registry.golden.map(\.name).sorted())
  }

  @Test(arguments: [
    ("order.captured.v1.json", "order.captured.v2.unpromised.json"),
    ("order.approved.v1.json", "order.approved.v2.unknown.json"),
  ])
  func `a field that an older version did not have stays absent`(old: String, new: String) throws {
    let old = try GoldenPayload.named(old)
    let upcast = try #require(try old.pin().upcast)
    #expect(text(try upcast(old.data)) == text(try GoldenPayload.named(new).data))
  }

  @Test(arguments: [
    ("order.captured.v2.json", "promise", "order.captured.v2.unpromised.json"),
    ("order.charged.v1.json", "fee", "order.charged.v1.unknown.json"),
  ])
  func `null is read as absent`(name: String, field: String, absent: String) throws {
    let golden = try GoldenPayload.named(name)
    let data = try changed(golden) { $0[field] = .null }
    #expect(text(try golden.pin().rewrite(data)) == text(try GoldenPayload.named(absent).data))
  }

  @Test func `an order without a promise can be downcast to version 1, another not`() throws {
    let first = try GoldenPayload.named("order.captured.v1.json")
    let downcast = try #require(try first.pin().downcast)
    let unpromised = try GoldenPayload.named("order.captured.v2.unpromised.json")
    #expect(text(try downcast(unpromised.data)) == text(first.data))
    let promised = try GoldenPayload.named("order.captured.v2.json")
    let error = #expect(throws: UnsayableFact.self) { try downcast(promised.data) }
    #expect(error?.description == "order.captured version 1 cannot express a promise")
  }

  @Test(arguments: ["order.approved.v2.json", "order.approved.v2.unknown.json"])
  func `an approval can be downcast to version 1, as its total`(name: String) throws {
    let first = try GoldenPayload.named("order.approved.v1.json")
    let downcast = try #require(try first.pin().downcast)
    #expect(text(try downcast(try GoldenPayload.named(name).data)) == text(first.data))
  }

  @Test(arguments: Registry.golden)
  func `a required field is missed by its name`(golden: GoldenPayload) throws {
    guard case .object(let fields) = try golden.pin().shape else { return }
    for field in fields where !field.isOptional {
      for value in [nil, JSONValue.null] {
        let data = try changed(golden) { $0[field.name] = value }
        let error = try #require(throws: DecodingError.self) { try golden.pin().rewrite(data) }
        #expect(DecodingProblem(error).path == field.name)
      }
    }
  }

  @Test(arguments: Registry.golden)
  func `a shape fits its golden files`(golden: GoldenPayload) throws {
    #expect(try golden.pin().shape.misfit(of: golden.value) == nil)
  }

  @Test(arguments: [
    ("order.captured.v2.json", "price", #"{"amount":1,"currency":"XXX"}"#, "price.currency"),
    ("order.captured.v2.json", "price", #"{"amount":1.5,"currency":"USD"}"#, "price.amount"),
    ("order.captured.v2.json", "orderId", #""7""#, "orderId"),
    ("order.finalized.v1.json", "outcome", #""lost""#, "outcome"),
    ("settings.changed.v1.json", "fee", #"{"amount":"2500","enabled":true}"#, "fee.amount"),
    ("settings.changed.v1.json", "version", "1.5", "version"),
    ("settings.changed.v1.json", "version", "9223372036854775808", "version"),
    ("order.approved.v2.json", "settingsVersion", "1.5", "settingsVersion"),
  ])
  func `a wrong value is named by its path`(
    name: String, field: String, json: String, path: String
  ) throws {
    let golden = try GoldenPayload.named(name)
    let value = try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8))
    let data = try changed(golden) { $0[field] = value }
    let error = try #require(throws: (any Error).self) { try golden.pin().rewrite(data) }
    #expect(DecodingProblem(error).path == path)
  }

  private func text(_ data: Data) -> String { String(decoding: data, as: UTF8.self) }

  private func changed(
    _ golden: GoldenPayload, _ change: (inout [String: JSONValue]) -> Void
  ) throws -> Data {
    guard case .object(var members) = golden.value else { return golden.data }
    change(&members)
    return try members.json()
  }
}
