extension Duration {
  /// The duration in the largest unit that leaves two digits: `90 s`, `27 min`, `5 h`, `3 d`.
  package var roughly: String {
    let seconds = components.seconds
    return switch seconds {
    case ..<120: "\(seconds) s"
    case ..<7200: "\(seconds / 60) min"
    case ..<172_800: "\(seconds / 3600) h"
    default: "\(seconds / 86_400) d"
    }
  }
}
