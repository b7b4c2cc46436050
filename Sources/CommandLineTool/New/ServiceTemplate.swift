import FoundationEssentials

/// The package of the tutorial, with its service's name replaced.
///
/// The folder `Tutorial` is a link to the package that the page “Add a service” shows and that all
/// tests build, so that there is no second copy of it.
struct ServiceTemplate {
  /// A file of a package.
  struct File: Hashable {
    /// The path in the package.
    let path: String
    let text: String
  }

  let name: String
  let library: LibraryPlace

  /// The files of the package, in the order of their paths.
  var files: [File] {
    Self.tutorial.map { file in
      let text = named(file.text)
      // The library's place comes last: its path may have the tutorial's name in it.
      return File(
        path: named(file.path), text: file.path == "Package.swift" ? library.naming(text) : text)
    }.sorted { $0.path < $1.path }
  }

  private func named(_ text: String) -> String {
    text.replacing("delta", with: name).replacing("DELTA", with: name.uppercased())
      .replacing("Delta", with: name.prefix(1).uppercased() + name.dropFirst())
  }

  /// The files of the tutorial, as they are.
  static let tutorial: [File] = [
    ("Package.swift", PackageResources.Package_swift),
    ("Sources/Delta/API.swift", PackageResources.API_swift),
    ("Sources/Delta/Composition.swift", PackageResources.Composition_swift),
    ("Sources/Delta/Delta.lock", PackageResources.Delta_lock),
    ("Sources/Delta/Facts.swift", PackageResources.Facts_swift),
    ("Sources/Delta/Golden/parcel.packed.v1.json", PackageResources.parcel_packed_v1_json),
    ("Sources/Delta/Golden/parcel.shipped.v1.json", PackageResources.parcel_shipped_v1_json),
    ("Sources/Delta/Pages.swift", PackageResources.Pages_swift),
    ("Sources/Delta/Reactions.swift", PackageResources.Reactions_swift),
    ("Sources/Delta/Rules.swift", PackageResources.Rules_swift),
    ("Sources/Delta/Tables.swift", PackageResources.Tables_swift),
    ("Sources/Delta/Templates/home.mustache", PackageResources.home_mustache),
    ("Sources/deltad/main.swift", PackageResources.main_swift),
    ("Tests/DeltaTests/FactsTests.swift", PackageResources.FactsTests_swift),
    ("Tests/DeltaTests/ParcelTests.swift", PackageResources.ParcelTests_swift),
    ("config/delta.yaml", PackageResources.delta_yaml),
  ].map { File(path: $0.0, text: String(decoding: $0.1, as: UTF8.self)) }
}
