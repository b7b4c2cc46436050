import Events

/// The keys of spans.
enum TraceKeys {
  static let endpoint = ConfigurationKey(
    KeyDeclaration(
      "traces.endpoint", kind: .collector, default: .fixed(""),
      meaning: "the collector of spans, by OTLP over HTTP; else OTEL_EXPORTER_OTLP_ENDPOINT",
      sharedVariable: "OTEL_EXPORTER_OTLP_ENDPOINT")
  ) { $0.text }

  /// The sentence about a shared variable that has no collector of OTLP over HTTP; nil without one.
  static func ignoredVariable(in environment: [String: String]) -> String? {
    guard let name = endpoint.declaration.sharedVariable, let text = environment[name],
      (try? endpoint.declaration.kind.read(text, from: "/")) == nil
    else { return nil }
    return """
      \(name) is \(text.quoted), and no spans are exported to it: name a collector of OTLP over \
      HTTP there, such as http://127.0.0.1:4318, or in \(endpoint.declaration.name)
      """
  }
}
