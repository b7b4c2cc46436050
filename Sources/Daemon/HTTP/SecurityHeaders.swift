import HTTPTypes

/// The header fields for browsers on every response, so that a page of another site can do little
/// with it.
struct SecurityHeaders: Sendable {
  /// The origins whose pages may show this service's pages in a frame, as Overlord's does.
  var embedders: [String] = []

  /// Adds the fields that the answer does not have.
  func add(to answer: inout Answer) {
    answer.headers[.xContentTypeOptions] = "nosniff"
    answer.headers[.referrerPolicy] = "same-origin"
    answer.headers[.crossOriginOpenerPolicy] = "same-origin"
    answer.headers[.crossOriginResourcePolicy] = "same-origin"
    if answer.headers[.cacheControl] == nil { answer.headers[.cacheControl] = "no-store" }
    let isPage = answer.headers[.contentType]?.hasPrefix("text/html") == true
    let policy =
      answer.headers[.contentSecurityPolicy] ?? (isPage ? Self.pagePolicy : "default-src 'none'")
    let ancestors = isPage ? (["'self'"] + embedders).joined(separator: " ") : "'none'"
    answer.headers[.contentSecurityPolicy] = "\(policy); frame-ancestors \(ancestors)"
  }

  /// The policy of pages without one of their own.
  private static let pagePolicy = contentPolicy(styles: ["'self'", "'unsafe-inline'"])

  /// A policy by which a page loads from its own origin only, and sends its forms there.
  ///
  /// - Parameters:
  ///   - styles: the sources of its style sheets.
  ///   - frames: the pages that it shows in frames.
  static func contentPolicy(styles: [String], frames: [String] = []) -> String {
    let parts =
      [
        "default-src 'none'", "style-src \(styles.joined(separator: " "))", "img-src 'self'",
        "connect-src 'self'", "form-action 'self'", "base-uri 'none'",
      ] + (frames.isEmpty ? [] : ["frame-src \(frames.joined(separator: " "))"])
    return parts.joined(separator: "; ")
  }
}
