import Events
import Foundation
import Schema

/// One golden file: the data of a version as it was when the version was pinned.
///
/// A version may have several, `<type>.v<version>.json` and `<type>.v<version>.<case>.json`.
struct Golden: Sendable, CustomStringConvertible {
  let name: String
  let type: String
  let version: UInt16
  let data: Data

  var description: String { name }

  /// All files, by name.
  static let all: [Golden] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted().map { name in
      guard let golden = Golden(name) else { fatalError("\(name) is no name of a golden file") }
      return golden
    }
  }()

  /// A file of the folder without its last line feed.
  static func bytes(_ name: String) throws -> Data {
    let bytes = try Data(contentsOf: folder.appendingPathComponent(name))
    return bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes
  }

  private static var folder: URL {
    (Bundle.module.resourceURL ?? Bundle.module.bundleURL).appendingPathComponent("Golden")
  }

  private init?(_ name: String) {
    let parts = name.split(separator: ".")
    guard let index = parts.firstIndex(where: { $0.first == "v" && UInt16($0.dropFirst()) != nil }),
      let version = UInt16(parts[index].dropFirst()), let data = try? Golden.bytes(name)
    else { return nil }
    self.name = name
    self.type = parts[..<index].joined(separator: ".")
    self.version = version
    self.data = data
  }
}

extension Golden {
  /// The catalogue's version that the file is of.
  func pin() throws -> Catalogue.Version {
    guard let pin = Catalogue.version(version, of: type) else { throw Missing(name: name) }
    return pin
  }

  /// The file as the data of an event in a record of Beta's stream.
  func record() throws -> Record {
    let schema = try pin().schema
    let topic = Topic(stream: "beta", type: type, version: version)
    let id = "019e0c5a-7b00-7005-8005-000000000005"
    let attributes: [String: JSONValue] = [
      "specversion": .string("1.0"), "id": .string(id), "source": .string("urn:eventually:beta"),
      "type": .string(schema.cloudEventType), "dataschema": .string(schema.dataSchema),
      "subject": .string("s"), "time": .string("2026-05-17T12:00:00Z"),
      "sequence": .string("00000000000000000007"), "correlationid": .string("c"),
      "data": try JSONDecoder().decode(JSONValue.self, from: data),
    ]
    let body = try JSONEncoder.wire.encode(JSONValue.object(attributes))
    let header = Header(
      schemaVersion: version, leastReader: schema.leastReader, epoch: Epoch(1), sequence: 7,
      committedAt: Timestamp(microseconds: 1), chain: .zero)
    return Record(topic: topic, header: header, body: body)
  }

  struct Missing: Error { let name: String }
}
