import Daemon
import FoundationEssentials
import Glibc

/// Files that are written all or not at all, and over no other file.
struct NewFiles {
  let files: [ServiceTemplate.File]
  let folder: String

  init(_ files: [ServiceTemplate.File], in folder: String) {
    self.files = files
    self.folder = folder
  }

  /// Writes the files.
  ///
  /// - Throws: 1, with the name of the file that was there before or cannot be written. The files
  ///   and the folders that were made are removed again.
  func write() throws(Failure) {
    for file in files where FileStatus(at: "\(folder)/\(file.path)") != nil {
      throw Failure(
        .refused,
        """
        \(folder)/\(file.path) is there already; nothing was written. Name another folder with \
        --folder, or remove that file.
        """)
    }
    var made: [String] = []
    do {
      for file in files {
        let path = "\(folder)/\(file.path)"
        try makeFolders(above: path, &made)
        try Data(file.text.utf8).write(
          to: URL(filePath: path), options: .withoutOverwriting)
        made.append(path)
      }
    } catch {
      for path in made.reversed() { remove(path) }
      throw Failure(
        .refused,
        """
        \(folder) cannot be written to (\(error)); nothing was left in it. Name another folder with \
        --folder, or make space.
        """)
    }
  }

  /// Makes the folders above a file that are missing, the uppermost first.
  private func makeFolders(above path: String, _ made: inout [String]) throws {
    var missing: [String] = []
    var folder = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
    while !folder.isEmpty, FileStatus(following: String(folder)) == nil {
      missing.append(String(folder))
      folder = folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)]
    }
    for folder in missing.reversed() {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: false)
      made.append(folder)
    }
  }
}
