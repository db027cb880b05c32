#include "ranker.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace {

// Words with their counts, most frequent first, words of the same count by the alphabet.
std::vector<std::pair<std::string, uint32_t>> Sorted(const zipf::v1::WordCounts& counts) {
  std::vector<std::pair<std::string, uint32_t>> words(counts.counts().begin(),
                                                      counts.counts().end());
  std::sort(words.begin(), words.end(), [](const auto& left, const auto& right) {
    return left.second != right.second ? left.second > right.second : left.first < right.first;
  });
  return words;
}

}  // namespace

polycall::Status RankerService::Rank(polycall::ServerContext&, const zipf::v1::RankRequest& request,
                                     polycall::ServerWriter<zipf::v1::RankedWord>& writer) {
  zipf::v1::RankedWord ranked;
  for (const auto& [word, count] : Sorted(request.counts())) {
    if (request.limit() != 0 && ranked.rank() == request.limit()) {
      break;
    }
    ranked.set_rank(ranked.rank() + 1);
    ranked.set_word(word);
    ranked.set_count(count);
    if (!writer.Write(ranked)) {
      return polycall::CancelledError();
    }
  }
  return polycall::OkStatus();
}

// A straight line through log(rank), log(count), by least squares.
polycall::Status RankerService::Fit(polycall::ServerContext&, const zipf::v1::WordCounts& counts,
                                    zipf::v1::Law* law) {
  const auto words = Sorted(counts);
  if (words.size() < 3) {
    return polycall::InvalidArgumentError("a law needs at least three different words, not " +
                                          std::to_string(words.size()));
  }
  const auto n = static_cast<double>(words.size());
  double sum_x = 0;
  double sum_y = 0;
  double sum_xx = 0;
  double sum_xy = 0;
  double sum_yy = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    const double x = std::log(static_cast<double>(i + 1));
    const double y = std::log(static_cast<double>(words[i].second));
    sum_x += x;
    sum_y += y;
    sum_xx += x * x;
    sum_xy += x * y;
    sum_yy += y * y;
  }
  const double covariance = n * sum_xy - sum_x * sum_y;
  const double variance_x = n * sum_xx - sum_x * sum_x;
  const double variance_y = n * sum_yy - sum_y * sum_y;
  const double slope = covariance / variance_x;
  law->set_exponent(-slope);
  law->set_constant(std::exp((sum_y - slope * sum_x) / n));
  law->set_r_squared(variance_y > 0 ? covariance * covariance / (variance_x * variance_y) : 1);
  return polycall::OkStatus();
}
