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
  ///     template may include another one by its name (`{{> name}}`), and `id` for a
  ///     ``ShownIdentifier``, or `copy` for the control that copies it, behind a link.
  /// - Throws: the parser's error for a template that is none, which a test finds.
  public init(
    _ service: String, navigation: [Link] = [], frames: [String] = [],
    templates: [String: [UInt8]] = [:]
  ) throws {
    self.service = service
    self.navigation = navigation
    let shared = [
      "layout": PackageResources.layout_mustache, "problem": PackageResources.problem_mustache,
      "id": PackageResources.id_mustache, "copy": PackageResources.copy_mustache,
      "question": PackageResources.question_mustache, "rest": PackageResources.rest_mustache,
      "service": PackageResources.service_mustache,
      "letter": PackageResources.letter_mustache, "chart": PackageResources.chart_mustache,
    ]
    policy = SecurityHeaders.contentPolicy(frames: frames)
    library = MustacheLibrary(
      templates: try shared.merging(templates) { $1 }.mapValues {
        try MustacheTemplate(string: String(decoding: $0, as: UTF8.self))
      })
  }

  /// The response with a page.
  ///
  /// - Throws: ``MissingTemplate``, which a test finds.
  public func html(_ page: WebPage) throws(MissingTemplate) -> Response {
    var values: [String: Any] = [
      "title": page.title, "service": service, "color": service.lowercased(),
      "navigation": navigation.map {
        Entry(title: $0.title, path: $0.path, isCurrent: $0.path == page.path)
      },
      "style": PageAsset.style.path, "script": PageAsset.script.path, "icon": PageAsset.icon.path,
      "news": page.news, "isQuiet": page.isAnnouncedAround, "reloads": page.reloads,
      "isPane": page.isPane,
      "content": try render(page.template, values: page.values),
    ]
    values["stream"] = page.position
    var response = Response.html(try render("layout", values: values), status: page.status)
    response.headers[.contentSecurityPolicy] = policy
    return response
  }

  /// The response with a page that never changes, as ``WebPage/init(_:title:values:)`` has it.
  ///
  /// - Parameters:
  ///   - template: the name of the template.
  ///   - title: the page's title.
  ///   - values: the inserted values.
  ///   - status: the status of the response.
  /// - Throws: ``MissingTemplate``, which a test finds.
  public func html(
    _ template: String, title: String, values: [String: Any] = [:],
    status: HTTPResponse.Status = .ok
  ) throws(MissingTemplate) -> Response {
    var page = WebPage(template, title: title, values: values)
    page.status = status
    return try html(page)
  }

  /// An entry of the navigation, on a page.
  private struct Entry {
    let title: String
    let path: String
    let isCurrent: Bool
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
