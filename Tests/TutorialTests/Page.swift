import Foundation

let repository = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardized

/// A page in Markdown.
struct Page {
  /// A file that is shown: its path in backticks on a line of its own, with a colon, and then a
  /// fenced block.
  struct Listing {
    let path: String
    var text = ""
  }

  private(set) var listings: [Listing] = []

  /// The page of a path in the repository.
  init(at path: String) throws {
    self.init(
      try String(contentsOf: repository.appending(path: path), encoding: .utf8))
  }

  init(_ markdown: String) {
    var named: String?
    var isInside = false
    for line in markdown.components(separatedBy: "\n") {
      if line.hasPrefix("```") {
        isInside.toggle()
        guard let path = named else { continue }
        if isInside { listings.append(Listing(path: path)) } else { named = nil }
      } else if isInside {
        if named != nil { listings[listings.count - 1].text += line + "\n" }
      } else if let name = line.wholeMatch(of: #/`([^`]+)`:/#) {
        named = String(name.1)
      }
    }
  }
}
