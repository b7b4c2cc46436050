import Foundation
import Testing

/// axe-core, which finds violations of the rules of accessibility; `make interop` installs it.
enum Axe {
  static let source: String? = {
    let libraries = "\(Interop.root)/.build/interop/lib"
    let files = try? FileManager.default.subpathsOfDirectory(atPath: libraries)
    return files?.first { $0.hasSuffix("/axe.min.js") }.flatMap {
      try? String(contentsOfFile: "\(libraries)/\($0)", encoding: .utf8)
    }
  }()

  static let isInstalled = source != nil
  static let remedy: Comment = "axe-core is not installed here: make interop"

  /// The rules are asked about this page alone: the pages in its frames are pages of their own.
  fileprivate static let start = """
    window.violations = null;
    const name = (each) => each.target.join(" ") + (each.any[0] ? `, ${each.any[0].message}` : "");
    axe.run(document, { iframes: false, resultTypes: ["violations"] }).then(({ violations }) => {
      window.violations = violations.map(({ id, help, nodes }) =>
        `${id} (${help}), ${nodes.length} times: ${nodes.slice(0, 3).map(name).join("; ")}`);
    }, (error) => { window.violations = [`axe-core failed: ${error}`]; });
    """
}

extension Tab {
  /// The violations on the page as it is shown now.
  func violations() async throws -> [String] {
    if try await run("return typeof axe") == "undefined" {
      try await run((Axe.source ?? "") + "\nwindow.axe ??= axe;")
    }
    try await wait("end of what moves", until: Self.rest)
    try await run(Axe.start)
    return try await wait("answer of axe-core", until: "window.violations").list.map(\.text)
  }
}
