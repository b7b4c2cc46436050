import Glibc
import Tracing

/// The source of spans: the service, its run, its process and its machine.
struct TraceResource: Sendable {
  let version: String
  let attributes: [FinishedSpan.Attribute]

  /// - Parameters:
  ///   - service: the service.
  ///   - version: the version of its program.
  ///   - instance: an id of this run of it.
  ///   - host: the name of the machine.
  ///   - process: the number of the process.
  init(
    service: String, version: String, instance: String, host: String = .hostName,
    process: Int32 = getpid()
  ) {
    self.version = version
    let texts = [
      ("host.name", host), ("os.type", "linux"), ("service.instance.id", instance),
      ("service.name", service), ("service.namespace", "eventually"),
      ("service.version", version), ("telemetry.sdk.language", "swift"),
      ("telemetry.sdk.name", "eventually"), ("telemetry.sdk.version", systemVersion),
    ]
    attributes =
      texts.map { .init(name: $0.0, value: .string($0.1)) }
      + [.init(name: "process.pid", value: .int64(Int64(process)))]
  }
}
