import Courier
import Events
import Foundation
import Runtime
import Schema
import Testing

@testable import CommandLineTool

/// A file of the folder Golden.
func golden(_ name: String) throws -> String {
  let folder = try #require(Bundle.module.resourcePath)
  return try String(contentsOfFile: "\(folder)/Golden/\(name)", encoding: .utf8)
}

/// Expects that lines are those of a file of the folder Golden, and shows them where they are not.
///
/// With `GOLDEN=write` in the environment the file is written; the test fails all the same.
func expect(
  _ lines: [String], match name: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let text = lines.joined(separator: "\n") + "\n"
  if ProcessInfo.processInfo.environment["GOLDEN"] == "write" {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Golden/\(name)")
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
    Issue.record("\(name) is written: look at the difference", sourceLocation: sourceLocation)
    return
  }
  guard text != (try golden(name)) else { return }
  Issue.record(
    "\(name) is another now (GOLDEN=write writes it):\n\(text)", sourceLocation: sourceLocation)
}

/// Folders of a process in `/home/ada`, where only these files exist.
func folders(
  _ existing: Set<String> = [], environment: [String: String] = [:]
) -> Folders {
  Folders(
    working: "/home/ada", environment: environment, exists: { existing.contains($0) })
}

func plan(
  state: String = "/home/ada/.eventually", portBase: Int = 3990, in folders: Folders = folders(),
  replicas: UpReplicas? = nil
) -> UpPlan {
  UpPlan(
    state: state, portBase: portBase,
    programs: Installation(folder: "/usr/local/bin", folders: folders), replicas: replicas)
}

func wish(product: String = "widget", price: String = "10.00", approves: Bool = true)
  -> OrderWish
{
  OrderWish(
    product: product, price: PriceText(price), approves: approves,
    requestID: "0199e8a2-0000-7000-8000-000000000001")
}

func order(_ state: String, outcome: String? = nil, reason: String? = nil) -> OrderView {
  OrderView(
    id: "0199", state: state, outcome: outcome,
    total: Money(amount: 3500, currency: .usd), reason: reason)
}

/// The event with a number in a stream, committed at a second.
func record(_ stream: String, _ sequence: UInt64, at second: UInt64 = 0, body: String = "{}")
  throws -> Record
{
  Record(
    topic: try #require(Topic("\(stream)/order.captured/v2/")),
    header: Header(
      schemaVersion: 2, leastReader: 2, epoch: Epoch(7), sequence: sequence,
      committedAt: Timestamp(microseconds: second * 1_000_000), chain: .zero),
    body: Data(body.utf8))
}

func page(_ stream: String, through: UInt64, head: UInt64, epoch: Epoch = Epoch(7))
  -> EventsAnswer
{
  EventsAnswer(
    id: nil, stream: stream, epoch: epoch, after: 0, through: through, head: head, floor: 1,
    chain: .zero)
}

/// JSON as a value.
func json(_ text: String) throws -> JSONValue {
  try #require(JSONValue(Data(text.utf8)), "\(text)")
}
