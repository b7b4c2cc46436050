import Daemon
import FoundationEssentials

/// The place of these libraries for a new package: a folder, or the URL of a repository.
enum LibraryPlace: Hashable {
  case folder(String)
  case url(String)

  /// A URL is written as it is; a folder by its whole path.
  init(_ text: String, in folders: Folders) {
    let isURL = text.contains("://") || text.hasPrefix("git@")
    self = isURL ? .url(text) : .folder(absolute(text, in: folders.working))
  }

  /// The folder of `eventually up` in the repository.
  var stateFolder: String {
    if case .folder(let path) = self { "\(path)/.eventually" } else { "REPOSITORY/.eventually" }
  }

  /// The repository in whose build folder this program is.
  ///
  /// - Throws: 64, where there is none, as for an installed program.
  static func ofThisProgram() throws(Failure) -> LibraryPlace {
    var folder = try Installation.ofThisProcess().folder
    while let slash = folder.lastIndex(of: "/") {
      if isRepository(folder) { return .folder(folder) }
      folder = String(folder[..<slash])
    }
    throw Failure(
      .usage,
      """
      this program is not in a build folder of its repository, so the new package cannot find the \
      libraries. Name the folder or the URL of the repository with --eventually.
      """)
  }

  private static func isRepository(_ folder: String) -> Bool {
    guard let manifest = try? String(contentsOfFile: folder + "/Package.swift", encoding: .utf8)
    else { return false }
    return manifest.contains("name: \"eventually\",\n  platforms")
  }

  /// The tutorial's manifest with this dependency.
  ///
  /// A package is known by its declared name in a folder, and by the last part of its URL.
  func naming(_ manifest: String) -> String {
    let own = ".package(name: \"eventually\", path: \"../..\")"
    switch self {
    case .folder(let path):
      return manifest.replacing(own, with: ".package(name: \"eventually\", path: \(quoted(path)))")
    case .url(let url):
      return manifest.replacing(own, with: ".package(url: \(quoted(url)), branch: \"main\")")
        .replacing("package: \"eventually\"", with: "package: \(quoted(identity(of: url)))")
    }
  }

  private func identity(of url: String) -> String {
    let last = url.split { $0 == "/" || $0 == ":" }.last.map(String.init) ?? url
    return last.hasSuffix(".git") ? String(last.dropLast(4)) : last
  }

  private func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}
