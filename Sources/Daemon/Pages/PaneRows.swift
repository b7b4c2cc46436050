/// A list in a pane: as many rows as fit, and how many more there are.
///
/// A low pane, as on a screen of 720 lines, has the first two, and a high one three. Both numbers are
/// on the page, and its style shows the one of the pane's height, so that no pane has to be scrolled.
/// A template includes them as `{{#rows}}{{> rest}}{{/rows}}`, behind the list.
public struct PaneRows {
  /// The most rows of a list, those of a high pane.
  public static let limit = 3
  private static let lowLimit = 2

  /// How many more there are in a low pane; nil where it has all.
  let low: String?
  /// The same in a high one.
  let high: String?

  /// - Parameter count: the number of all rows, also of those that are not on the page.
  public init(of count: Int) {
    func rest(after shown: Int) -> String? { count > shown ? (count - shown).shown : nil }
    low = rest(after: Self.lowLimit)
    high = rest(after: Self.limit)
  }
}
