import HTTPTypes

/// The header fields for browsers on every response, so that a page of another site can do little
/// with it.
struct SecurityHeaders: Sendable {
  /// The origins whose pages may show this service's pages in a frame, as Overlord's does.
  var embedders: [String] = []

  /// Adds the fields that the response does not have.
  func add(to response: inout Response) {
    response.headers[.xContentTypeOptions] = "nosniff"
    response.headers[.referrerPolicy] = "same-origin"
    response.headers[.crossOriginOpenerPolicy] = "same-origin"
    response.headers[.crossOriginResourcePolicy] = "same-origin"
    if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    let isPage = response.headers[.contentType]?.hasPrefix("text/html") == true
    let policy =
      response.headers[.contentSecurityPolicy] ?? (isPage ? Self.pagePolicy : "default-src 'none'")
    let ancestors = isPage ? (["'self'"] + embedders).joined(separator: " ") : "'none'"
    response.headers[.contentSecurityPolicy] = "\(policy); frame-ancestors \(ancestors)"
  }

  /// The policy of pages without one of their own.
  private static let pagePolicy = contentPolicy()

  /// A policy by which a page loads from its own origin only, and sends its forms there: nothing is
  /// written in the page itself, neither styles nor scripts.
  ///
  /// - Parameter frames: the pages that it shows in frames.
  static func contentPolicy(frames: [String] = []) -> String {
    let parts =
      [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'",
        "connect-src 'self'", "form-action 'self'", "base-uri 'none'",
      ] + (frames.isEmpty ? [] : ["frame-src \(frames.joined(separator: " "))"])
    return parts.joined(separator: "; ")
  }
}
