extension Collection<Double> {
  /// The figure in the middle of the sorted ones; 0 without figures.
  var median: Double {
    let figures = sorted()
    return figures.isEmpty ? 0 : figures[figures.count / 2]
  }
}
