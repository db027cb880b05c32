// The Ranker service: ranks words and fits Zipf's law to them.
#ifndef EXAMPLES_ZIPF_CPP_RANKER_H_
#define EXAMPLES_ZIPF_CPP_RANKER_H_

#include "zipf.polycall.h"

// Stateless, so any number of calls may run at once.
class RankerService final : public zipf::v1::Ranker::Service {
 public:
  polycall::Status Rank(polycall::ServerContext& context, const zipf::v1::RankRequest& request,
                        polycall::ServerWriter<zipf::v1::RankedWord>& writer) override;
  polycall::Status Fit(polycall::ServerContext& context, const zipf::v1::WordCounts& counts,
                       zipf::v1::Law* law) override;
};

#endif  // EXAMPLES_ZIPF_CPP_RANKER_H_
