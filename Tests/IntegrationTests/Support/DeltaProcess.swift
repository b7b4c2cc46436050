import Foundation
import Glibc
import Testing

/// One run of the tutorial's service, a fifth daemon beside the four: another team's, which the
/// rest of the tests knows nothing of.
struct DeltaProcess: Sendable {
  let child: ChildProcess

  /// Its HTTP API, once it listens.
  var http: HTTPClient {
    get async throws {
      let prefix = "listening on "
      let line = try await child.line("where it listens") { $0.message.hasPrefix(prefix) }
      return HTTPClient(base: String(line.message.dropFirst(prefix.count)))
    }
  }

  /// Waits for a log line with this message, about an order's work.
  @discardableResult
  func logged(_ message: String, _ order: Order) async throws -> OutputLine {
    try await child.line("“\(message)” in the work on order \(order.id)") {
      $0.message == message && $0.correlationID == order.requestID
    }
  }

  /// A parcel of an order.
  func parcel(_ order: Order) async throws -> JSON {
    try await http.get("/api/parcels/\(order.id)").json
  }

  /// The orders that have parcels, sorted.
  func packedOrders() async throws -> [String] {
    try await http.get("/api/parcels").json["parcels"].list.map { $0["orderId"].text }.sorted()
  }

  /// SIGKILL, as a crash is; waits for the end.
  func kill() async throws {
    child.signal(SIGKILL)
    _ = try await child.ending()
  }
}

extension Deployment {
  /// Starts Delta, for the first time or again, and waits until it is ready.
  func startDelta() async throws -> DeltaProcess {
    let file = folder + "/delta.yaml"
    try Data("delta:\n  http:\n    port: 0\n  log:\n    format: json\n".utf8)
      .write(to: URL(fileURLWithPath: file))
    let child = try run(
      "deltad", ["--config", file, "--state", folder + "/delta", "--run", runFolder])
    _ = try await child.line("that it is ready") { $0.message == "ready" }
    return DeltaProcess(child: child)
  }

  /// The events of one kind in Delta's log, as the sniffer shows them: the log is read to the end
  /// that the bus reports.
  func said(_ type: String, by delta: DeltaProcess) async throws -> [JSON] {
    let head = try await delta.http.get("/api/bus").json["stream"]["head"].int ?? 0
    return try await eventually(
      "sniff", "delta/", "--all", "--json", "--count", "\(head)", "--run", runFolder, "--service",
      "delta"
    ).objects.filter { $0["event"]["type"].text == "dev.eventually.\(type).v1" }
  }
}
