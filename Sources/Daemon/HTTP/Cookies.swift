import HTTPTypes

extension Request {
  /// What this service keeps in the browser under a name, by ``Response/keeping(_:as:for:)``; nil
  /// where there is nothing.
  public func cookie(_ name: String) -> String? {
    for field in headers[values: .cookie] {
      for pair in field.split(separator: ";") {
        let parts = pair.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
        if parts.count == 2, parts[0] == name { return parts[1] }
      }
    }
    return nil
  }
}

extension Response {
  /// The same response, which keeps a value in the browser: for this service's pages alone, unread
  /// by scripts, and not sent with requests from another site.
  ///
  /// A browser has one set of cookies for all ports of a machine, and so the name begins with the
  /// service's.
  ///
  /// - Parameters:
  ///   - value: letters, digits, `-`, `.` and `_`.
  ///   - name: the name of the cookie.
  ///   - age: how long it is kept.
  public func keeping(_ value: String, as name: String, for age: Duration) -> Response {
    var response = self
    response.headers[.setCookie] =
      "\(name)=\(value); Path=/; Max-Age=\(age.components.seconds); HttpOnly; SameSite=Lax"
    return response
  }
}
