import FoundationEssentials
import HTTPTypes
public import Journal

/// A page of a service: its template with its values, and what the layout says about it.
public struct WebPage {
  let template: String
  let title: String
  let values: [String: Any]
  /// The status of the response.
  public var status = HTTPResponse.Status.ok
  /// The path of the entry of the navigation that it belongs to; nil for none.
  public var path: String?
  /// The state of the journal from which it was made; nil for a page that never changes.
  var position: Int64?
  /// What a screen reader announces when the page has changed to this; empty for nothing.
  ///
  /// Each line is a sentence, which is announced when the page did not have it before. A refusal that
  /// is shown at its field is none of them: the field gets the focus, and is read with it.
  public var news = ""
  /// Whether the page around its frame announces the same, so that it announces nothing there.
  public var isAnnouncedAround = false
  /// Whether a browser without scripts loads it again every two seconds.
  ///
  /// A page with a form does not: typed text would be lost.
  public var reloads = false
  /// Whether it is shown small, in a frame of another service's page.
  public var isPane = false

  /// A page that never changes.
  ///
  /// - Parameters:
  ///   - template: the name of the template.
  ///   - title: the page's title, which changes with what the page shows.
  ///   - values: the inserted values: texts, numbers, lists and dictionaries of them, or structs,
  ///     whose properties the template finds by name.
  public init(_ template: String, title: String, values: [String: Any] = [:]) {
    self.template = template
    self.title = title
    self.values = values
  }

  /// A page that an open browser keeps up to date: it reads the page again at each change.
  ///
  /// - Parameters:
  ///   - template: the name of the template.
  ///   - title: the page's title, which changes with what the page shows.
  ///   - values: the inserted values, of the snapshot.
  ///   - snapshot: the snapshot from which it is made.
  public init(
    _ template: String, title: String, values: [String: Any], in snapshot: Snapshot
  ) throws {
    self.init(template, title: title, values: values)
    position = try snapshot.changePosition()
  }
}

/// An identifier as a page shows it: by its end, and whole for a pointer and to copy.
///
/// The end differs between objects of one minute. A template includes it as
/// `{{#orderId}}{{> id}}{{/orderId}}`.
public struct ShownIdentifier {
  let full: String
  /// Its end.
  package let short: String

  /// - Parameter identifier: an identifier, or a Request ID.
  public init(_ identifier: some CustomStringConvertible) {
    full = identifier.description
    short = full.count > 12 ? "…\(full.suffix(8))" : full
  }
}
