// Calls the three services from C++:  zipf_cpp TEXT COUNTER RANKER PAINTER
//
// Each of the last three is a target. A RANKER that begins with "inproc:" is served by this program
// itself. Prints one line for each call made: callee, call, kind, transport, median time in
// nanoseconds and result, with tabs between.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "ranker.h"

namespace {

using zipf::v1::Bar;
using zipf::v1::Counter;
using zipf::v1::Law;
using zipf::v1::Line;
using zipf::v1::Painter;
using zipf::v1::RankedWord;
using zipf::v1::Ranker;
using zipf::v1::RankRequest;
using zipf::v1::WordCounts;

constexpr int kRounds = 25;
constexpr int kTopWords = 12;

using Channel = std::shared_ptr<polycall::Channel>;

// Runs `call` many times and prints its row. `call` throws polycall::StatusError when it fails.
template <typename Call>
void Measure(const char* callee, const char* name, const char* kind, const Channel& channel,
             Call call) {
  std::vector<std::chrono::nanoseconds> times;
  std::string result;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    result = call();
    times.push_back(std::chrono::steady_clock::now() - start);
  }
  std::sort(times.begin(), times.end());
  std::cout << callee << '\t' << name << '\t' << kind << '\t' << channel->transport() << '\t'
            << times[kRounds / 2].count() << '\t' << result << '\n';
}

void Check(const polycall::Status& status) {
  if (!status.ok()) {
    throw polycall::StatusError(status);
  }
}

WordCounts CallCounter(const Channel& channel, const std::vector<Line>& lines) {
  Counter::Client client(channel);
  WordCounts counts;
  Measure("C", "Counter.Count", "client stream", channel, [&] {
    auto writer = client.Count();
    for (const Line& line : lines) {
      if (!writer.Write(line, polycall::Send::kBuffered)) {
        break;  // Finish tells why
      }
    }
    counts = writer.Finish().value();
    return std::to_string(counts.words()) + " words, " + std::to_string(counts.counts_size()) +
           " different, longest \"" + counts.longest_word() + "\"";
  });
  return counts;
}

void CallFit(const Channel& channel, const WordCounts& counts) {
  Ranker::Client client(channel);
  Measure("C++", "Ranker.Fit", "unary", channel, [&] {
    const Law law = client.Fit(counts).value();
    char text[128];
    std::snprintf(text, sizeof text, "count = %.0f / rank^%.2f, fits %.0f %%", law.constant(),
                  law.exponent(), law.r_squared() * 100);
    return std::string(text);
  });
}

std::vector<RankedWord> CallRank(const Channel& channel, const WordCounts& counts) {
  Ranker::Client client(channel);
  RankRequest request;
  *request.mutable_counts() = counts;
  request.set_limit(kTopWords);
  std::vector<RankedWord> words;
  Measure("C++", "Ranker.Rank", "server stream", channel, [&] {
    words.clear();
    auto reader = client.Rank(request);
    for (const RankedWord& word : reader) {
      words.push_back(word);
    }
    Check(reader.Finish());
    std::string text;
    for (size_t i = 0; i < 3 && i < words.size(); ++i) {
      text += (i ? ", " : "") + words[i].word() + " " + std::to_string(words[i].count());
    }
    return text + " ...";
  });
  return words;
}

void CallPainter(const Channel& channel, const std::vector<RankedWord>& words) {
  Painter::Client client(channel);
  Measure("Python", "Painter.Paint", "bidirectional", channel, [&] {
    auto stream = client.Paint();
    std::string first;
    Bar bar;
    for (const RankedWord& word : words) {
      if (!stream.Write(word) || !stream.Read(&bar)) {
        break;
      }
      if (first.empty()) {
        first = bar.text();
      }
    }
    stream.WritesDone();
    Check(stream.Finish());
    return first;
  });
}

void Run(char** argv) {
  std::ifstream file(argv[1]);
  if (!file) {
    throw std::runtime_error(std::string("cannot open ") + argv[1]);
  }
  std::vector<Line> lines;
  for (std::string text; std::getline(file, text);) {
    lines.emplace_back().set_text(text);
  }

  RankerService ranker;
  polycall::Server own;
  if (std::string(argv[3]).starts_with("inproc:")) {
    Check(own.AddService(&ranker));
    Check(own.Listen(argv[3]).status());
    Check(own.Start());
  }
  const WordCounts counts = CallCounter(polycall::Channel::Create(argv[2]).value(), lines);
  const Channel to_ranker = polycall::Channel::Create(argv[3]).value();
  CallFit(to_ranker, counts);
  const std::vector<RankedWord> words = CallRank(to_ranker, counts);
  CallPainter(polycall::Channel::Create(argv[4]).value(), words);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: zipf_cpp TEXT COUNTER RANKER PAINTER\n";
    return 2;
  }
  try {
    Run(argv);
  } catch (const std::exception& error) {
    std::cerr << "zipf_cpp: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
