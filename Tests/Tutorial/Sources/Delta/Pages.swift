// Delta's page: the last parcels, and a button that ships each.

import Daemon

extension DeltaRoom {
  /// How Delta's page looks.
  static func look() throws -> PageTemplates {
    try PageTemplates(
      "Delta", navigation: [PageTemplates.Link("Parcels", path: "/")],
      templates: ["home": PackageResources.home_mustache])
  }

  static func pages(_ look: PageTemplates) -> [Route] {
    [
      .query("/") { _, snapshot in
        let parcels = try snapshot.parcels(PageRequest()).items
        var page = try WebPage(
          "home", title: "Parcels",
          values: ["parcels": parcels.map(ParcelRow.init), "hasParcels": !parcels.isEmpty],
          in: snapshot)
        page.path = "/"
        return try look.html(page)
      },
      .form("/parcels/:orderId/ship") { request, transaction in
        _ = try transaction.ship(try request.identifier("orderId"))
        return .seeOther("/")
      },
    ]
  }
}

/// A parcel as the template shows it: it finds stored properties by their names.
private struct ParcelRow {
  let parcel: Parcel
  let isPacked: Bool

  init(_ parcel: Parcel) {
    self.parcel = parcel
    isPacked = parcel.state == .packed
  }
}
