// What `symbolic` prints.
#ifndef SYMBOLIC_CPP_REPORT_H_
#define SYMBOLIC_CPP_REPORT_H_

#include <string>
#include <vector>

#include "options.h"
#include "services.h"

// The calls as a table, or as JSON lines when asked.
void Report(const Options& options, const std::vector<CallRecord>& calls);

// The expression with a mark under the character that is wrong, on standard error.
void ReportBadExpression(const Options& options, uint32_t position, const std::string& message);

#endif
