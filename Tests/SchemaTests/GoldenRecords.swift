import Events
import Foundation
import Runtime
import Schema
import Versions

extension Registry {
  /// Every golden file of this system.
  static var golden: [GoldenPayload] {
    eventually.events.flatMap { $0.versions.flatMap(\.golden) }
  }
}

extension GoldenPayload {
  /// A golden file of this system.
  static func named(_ name: String) throws -> GoldenPayload {
    guard let golden = Registry.golden.first(where: { $0.name == name }) else {
      throw Missing(name: name)
    }
    return golden
  }

  /// The version that the file is of.
  func pin() throws -> RegisteredVersion {
    guard let pin = Registry.eventually[type]?[version] else { throw Missing(name: name) }
    return pin
  }

  /// The file as the data of an event in a record.
  func record() throws -> Record {
    let schema = try pin().schema
    let topic = Topic(stream: "beta", type: type, version: version)
    let id = "019e0c5a-7b00-7005-8005-000000000005"
    let attributes: [String: JSONValue] = [
      "specversion": .string("1.0"), "id": .string(id), "source": .string("urn:eventually:beta"),
      "type": .string(schema.cloudEventType), "dataschema": .string(schema.dataSchema),
      "subject": value["orderId"] ?? .string("s"),
      "time": .string("2026-05-17T12:00:00Z"),
      "sequence": .string("00000000000000000007"), "correlationid": .string("c"),
      "data": value,
    ]
    let body = try JSONValue.object(attributes).json()
    let header = Header(
      schemaVersion: version, leastReader: schema.leastReader, epoch: Epoch(1), sequence: 7,
      committedAt: Timestamp(microseconds: 1), chain: .zero)
    return Record(topic: topic, header: header, body: body)
  }

  struct Missing: Error { let name: String }
}
