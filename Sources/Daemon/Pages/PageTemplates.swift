import Crypto
import FoundationEssentials
public import HTTPTypes
import Mustache

/// A service's pages: its own templates (swift-mustache) inside the layout that all services share.
///
/// Inserted values are escaped for HTML.
///
/// Templates are embedded in code, so that an installed program needs no files beside it.
public struct PageTemplates: Sendable {
  /// An entry of the navigation at the top of every page.
  public struct Link: Sendable {
    let title: String
    let path: String

    /// A link to a page of this service, or to any address.
    public init(_ title: String, path: String) {
      self.title = title
      self.path = path
    }
  }

  private let service: String
  private let navigation: [Link]
  private let library: MustacheLibrary
  private let policy: String

  /// The pages of a service.
  ///
  /// - Parameters:
  ///   - service: its name for people, in the title of every page.
  ///   - navigation: the links at the top of every page.
  ///   - frames: the addresses of the pages that its pages show in frames; none by default.
  ///   - templates: the templates by name, as the package's embedded resources give them; a
  ///     template may include another one by its name (`{{> name}}`).
  /// - Throws: the parser's error for a template that is none, which a test finds.
  public init(
    _ service: String, navigation: [Link] = [], frames: [String] = [],
    templates: [String: [UInt8]] = [:]
  ) throws {
    self.service = service
    self.navigation = navigation
    let shared = [
      "layout": PackageResources.layout_mustache, "problem": PackageResources.problem_mustache,
    ]
    // A browser applies the style sheet of the layout by its digest, and no other one: a template of a
    // service has none, and no script.
    policy = SecurityHeaders.contentPolicy(
      styles: [Self.styleDigest(in: PackageResources.layout_mustache)], frames: frames)
    library = MustacheLibrary(
      templates: try shared.merging(templates) { $1 }.mapValues {
        try MustacheTemplate(string: String(decoding: $0, as: UTF8.self))
      })
  }

  /// A page.
  ///
  /// - Parameters:
  ///   - template: the name of the template.
  ///   - title: the page's title.
  ///   - values: the inserted values: texts, numbers, lists and dictionaries of them, or structs,
  ///     whose properties the template finds by name.
  ///   - status: the status of the response.
  /// - Throws: ``MissingTemplate``, which a test finds.
  public func html(
    _ template: String, title: String, values: [String: Any] = [:],
    status: HTTPResponse.Status = .ok
  ) throws(MissingTemplate) -> Response {
    let page: [String: Any] = [
      "title": title, "service": service,
      "navigation": navigation.map { ["title": $0.title, "path": $0.path] },
      "content": try render(template, values: values),
    ]
    var response = Response.html(try render("layout", values: page), status: status)
    response.headers[.contentSecurityPolicy] = policy
    return response
  }

  /// The source of the style sheet in a layout, as a policy names it.
  private static func styleDigest(in layout: [UInt8]) -> String {
    let text = String(decoding: layout, as: UTF8.self)
    guard let start = text.firstRange(of: "<style>"), let end = text.firstRange(of: "</style>")
    else { return "'none'" }
    let digest = SHA256.hash(data: Data(text[start.upperBound..<end.lowerBound].utf8))
    return "'sha256-\(Data(digest).base64EncodedString())'"
  }

  /// A refusal for people.
  func problem(_ problem: Problem, requestID: String?) throws(MissingTemplate) -> Response {
    var response = try html(
      "problem", title: problem.title,
      values: [
        "title": problem.title, "detail": problem.detail, "remedy": problem.remedy,
        "requestId": requestID ?? "",
      ], status: problem.status)
    response.headers.append(contentsOf: problem.headers)
    return response
  }

  private func render(_ name: String, values: [String: Any]) throws(MissingTemplate) -> String {
    guard let text = library.render(values, withTemplate: name) else {
      throw MissingTemplate(name: name)
    }
    return text
  }
}

/// A page was asked for whose template does not exist: a mistake in the service's code.
public struct MissingTemplate: Error, CustomStringConvertible {
  let name: String

  /// The sentence for people.
  public var description: String { "there is no template named “\(name)”" }
}
