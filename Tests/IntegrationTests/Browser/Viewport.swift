import Foundation
import Testing

/// The screen on which a page is looked at.
struct Viewport: Sendable, CustomStringConvertible {
  let width: Int64
  let height: Int64
  var isDark = false

  static let phone = Viewport(width: 390, height: 844)
  static let laptop = Viewport(width: 1280, height: 720)
  static let projector = Viewport(width: 1920, height: 1080)

  var dark: Viewport { Viewport(width: width, height: height, isDark: true) }
  var description: String { "\(width)-\(isDark ? "dark" : "light")" }
}

extension Tab {
  /// Shows the page on a screen.
  func use(_ viewport: Viewport) async throws {
    try await resize(to: viewport)
    let scheme: JSON = viewport.isDark ? "dark" : "light"
    try await command(
      "Emulation.setEmulatedMedia",
      ["features": [["name": "prefers-color-scheme", "value": scheme]]])
    try await wait("end of what moves", until: Self.rest)
  }

  private func resize(to viewport: Viewport) async throws {
    try await command(
      "Emulation.setDeviceMetricsOverride",
      [
        "width": JSON(viewport.width), "height": JSON(viewport.height), "deviceScaleFactor": 1,
        "mobile": false,
      ])
  }

  /// Whether no animation with an end is going on.
  static let rest = """
    document.getAnimations().every((each) => each.playState !== "running"
      || each.effect.getComputedTiming().endTime === Infinity)
    """

  /// What is seen of the page as a PNG.
  func picture() async throws -> Data {
    let image = try await command("Page.captureScreenshot", ["format": "png"])
    return try #require(Data(base64Encoded: image["data"].text))
  }

  /// The whole page as a PNG, from its top to its end.
  ///
  /// A frame below what is seen is not painted, so the screen is as high as a page with frames.
  func screenshot() async throws -> Data {
    let frames = try await run(
      """
      const { scrollHeight } = document.documentElement;
      return document.querySelector("iframe") && scrollHeight > innerHeight ? [innerWidth, scrollHeight] : null;
      """)
    if let width = frames[0].int, let height = frames[1].int {
      try await resize(to: Viewport(width: width, height: height))
      try await run(
        """
        return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))));
        """)
      // All of it is on the screen: what is beyond is painted with frames of another height.
      return try await picture()
    }
    let size = try await run(
      """
      const root = document.documentElement;
      return [root.scrollWidth, Math.max(root.scrollHeight, innerHeight)];
      """)
    let clip: JSON = ["x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1]
    let image = try await command(
      "Page.captureScreenshot", ["format": "png", "captureBeyondViewport": true, "clip": clip])
    return Data(base64Encoded: image["data"].text) ?? Data()
  }
}
