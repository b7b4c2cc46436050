import Foundation
import Glibc

/// The programs of this package, found beside the test bundle.
enum Programs {
  /// The path of a program: `alphad`, `eventually`.
  static func path(_ name: String) throws -> String {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let starts = [own, CommandLine.arguments[0], FileManager.default.currentDirectoryPath]
    for start in starts {
      var folder = URL(fileURLWithPath: start)
      while folder.path != "/" {
        for place in [folder, folder.appending(path: ".build/debug")] {
          let path = place.appending(path: name).path
          var isFolder: ObjCBool = false
          if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
            !isFolder.boolValue, access(path, X_OK) == 0
          {
            return path
          }
        }
        folder.deleteLastPathComponent()
      }
    }
    throw MissingProgram(name: name, starts: starts)
  }
}

/// A program that was not built.
struct MissingProgram: Error, CustomStringConvertible {
  let name: String
  let starts: [String]

  var description: String {
    """
    The program \(name) is not built: it is not in a folder above \
    \(starts.joined(separator: ", ")). Run `swift build --build-tests` first.
    """
  }
}
