#include "echo_services.h"

#include <memory>

#include "hazards/collisions.polycall.h"
#include "hazards/deep/er/package/deep.polycall.h"
#include "hazards/empty.polycall.h"
#include "hazards/enums.polycall.h"
#include "hazards/imports.polycall.h"
#include "hazards/keywords.polycall.h"
#include "hazards/maps.polycall.h"
#include "hazards/no_package.polycall.h"
#include "hazards/presence.polycall.h"
#include "hazards/proto2.polycall.h"
#include "hazards/recursion.polycall.h"
#include "hazards/streaming.polycall.h"
#include "hazards/twin/left.polycall.h"
#include "hazards/twin/right.polycall.h"
#include "hazards/unicode.polycall.h"
#include "hazards/wide.polycall.h"

namespace polycall_hazards {
namespace {

using polycall::OkStatus;
using polycall::ServerContext;
using polycall::Status;

namespace keywords = hazards::import::package::def::lambda::nil;

// A unary method that answers with its request.
#define POLYCALL_ECHO(method, type)                                                       \
  ::polycall::Status method(::polycall::ServerContext&, const type& request, type* reply) \
      override {                                                                          \
    *reply = request;                                                                     \
    return OkStatus();                                                                    \
  }

class Wide final : public hazards::wide::WideEcho::Service {
  POLYCALL_ECHO(Echo, hazards::wide::Wide)
};

class Recursion final : public hazards::recursion::Recursion::Service {
  POLYCALL_ECHO(EchoTree, hazards::recursion::Tree)
  POLYCALL_ECHO(EchoForest, hazards::recursion::Forest)
  POLYCALL_ECHO(EchoHen, hazards::recursion::Hen)
};

class Maps final : public hazards::maps::Maps_::Service {
  POLYCALL_ECHO(Echo, hazards::maps::Maps)
};

class Presence final : public hazards::presence::PresenceEcho::Service {
  POLYCALL_ECHO(Echo, hazards::presence::Presence)
};

class Enums final : public hazards::enums::EnumsEcho::Service {
  POLYCALL_ECHO(Echo, hazards::enums::Enums)
};

class Unicode final : public hazards::unicode::Unicode_::Service {
  POLYCALL_ECHO(Echo, hazards::unicode::Unicode)
};

class Left final : public hazards::twin::left::Echo::Service {
  POLYCALL_ECHO(Echo, hazards::twin::left::Thing)
};

class Right final : public hazards::twin::right::Echo::Service {
  POLYCALL_ECHO(Echo, hazards::twin::right::Thing)
};

class Empty final : public hazards::empty::Empty::Service {};

class AlmostEmpty final : public hazards::empty::AlmostEmpty::Service {
  POLYCALL_ECHO(Nothing, hazards::empty::Nothing)
};

class NoPackageService final : public NoPackage::Service {
  Status Echo(ServerContext&, const NoPackageRequest& request, NoPackageReply* reply) override {
    *reply->mutable_request() = request;
    return OkStatus();
  }
};

class Deep final : public hazards::a::b::c::d::e::f::g::h::Deep::Service {
  using One = hazards::a::b::c::d::e::f::g::h::One;
  using Three = hazards::a::b::c::d::e::f::g::h::One_Two_Three;
  using Five = hazards::a::b::c::d::e::f::g::h::One_Two_Three_Four_Five;
  POLYCALL_ECHO(Echo, One)
  Status Inner(ServerContext&, const Five& request, Three* reply) override {
    *reply->mutable_four()->mutable_five() = request;
    return OkStatus();
  }
};

class Imports final : public hazards::imports::ImportsEcho::Service {
  POLYCALL_ECHO(Echo, hazards::imports::Imports)
  POLYCALL_ECHO(Nothing, google::protobuf::Empty)
  Status Left(ServerContext&, const hazards::twin::left::Thing& request,
              hazards::twin::right::Thing* reply) override {
    reply->set_name(static_cast<int64_t>(request.name().size()));
    return OkStatus();
  }
  Status Tree(ServerContext&, const hazards::recursion::Tree&,
              polycall::ServerWriter<google::protobuf::Timestamp>& writer) override {
    google::protobuf::Timestamp time;
    for (int i = 0; i < 3; ++i) {
      time.set_seconds(i);
      if (!writer.Write(time)) return polycall::CancelledError();
    }
    return OkStatus();
  }
};

class Collisions final : public hazards::collisions::Collisions_::Service {
  POLYCALL_ECHO(Echo, hazards::collisions::Collisions)
  Status GetUser(ServerContext&, const hazards::collisions::userInfo& request,
                 hazards::collisions::UserInfo* reply) override {
    reply->set_a(request.a());
    return OkStatus();
  }
  Status get_user(ServerContext&, const hazards::collisions::UserInfo& request,
                  hazards::collisions::userInfo* reply) override {
    reply->set_a(request.a() + 1);
    return OkStatus();
  }
  POLYCALL_ECHO(getUser, hazards::collisions::User_Info)
};

class KeywordsService final : public keywords::Keywords::Service {
  POLYCALL_ECHO(delete_, keywords::request)
  POLYCALL_ECHO(lambda, keywords::request)
  POLYCALL_ECHO(import, keywords::request)
  POLYCALL_ECHO(class_, keywords::request)
  POLYCALL_ECHO(return_, keywords::request)
  POLYCALL_ECHO(Client_, keywords::request)
  POLYCALL_ECHO(Service_, keywords::request)
  POLYCALL_ECHO(Descriptor_, keywords::request)
  POLYCALL_ECHO(channel_, keywords::request)
  POLYCALL_ECHO(Keywords, keywords::request)
  POLYCALL_ECHO(Add, keywords::request)
  POLYCALL_ECHO(AddAsync, keywords::request)
  POLYCALL_ECHO(AddAwait, keywords::request)
  POLYCALL_ECHO(Swap, keywords::Outer)
  POLYCALL_ECHO(Echo, keywords::Fields)
  POLYCALL_ECHO(Status, keywords::request)
  ::polycall::Status goto_(
      ServerContext&,
      polycall::ServerStream<keywords::delete_, keywords::lambda>& stream) override {
    keywords::lambda answer;
    for (const keywords::delete_& asked : stream) {
      answer.set_value(asked.value());
      stream.Write(answer);
    }
    return OkStatus();
  }
  ::polycall::Status Task(ServerContext&, const keywords::Task& request,
                          polycall::ServerWriter<keywords::Status>& writer) override {
    keywords::Status answer;
    answer.set_value(request.value());
    writer.Write(answer);
    return OkStatus();
  }
};

class Proto2 final : public hazards::proto2::Proto2::Service {
  POLYCALL_ECHO(EchoDefaults, hazards::proto2::Defaults)
  POLYCALL_ECHO(EchoRequired, hazards::proto2::Required)
  POLYCALL_ECHO(EchoGroups, hazards::proto2::Groups)
  POLYCALL_ECHO(EchoOneof, hazards::proto2::OneofWithPresence)
  Status EchoExtendable(ServerContext&, const hazards::proto2::Extendable& request,
                        polycall::ServerWriter<hazards::proto2::Extendable>& writer) override {
    writer.Write(request);
    return OkStatus();
  }
};

class Streaming final : public hazards::streaming::Streaming::Service {
  using Item = hazards::streaming::Item;
  using Count_ = hazards::streaming::Count;
  POLYCALL_ECHO(Unary, Item)
  Status Down(ServerContext&, const Item& request, polycall::ServerWriter<Item>& writer) override {
    Item item;
    for (int64_t i = 0; i < request.number(); ++i) {
      item.set_number(i);
      if (!writer.Write(item, polycall::Send::kBuffered)) return polycall::CancelledError();
    }
    return OkStatus();
  }
  Status Up(ServerContext&, polycall::ServerReader<Item>& reader, Count_* reply) override {
    for (const Item& item : reader) {
      reply->set_items(reply->items() + 1);
      reply->set_sum(reply->sum() + item.number());
    }
    return OkStatus();
  }
  Status Both(ServerContext&, polycall::ServerStream<Item, Item>& stream) override {
    Item item;
    while (stream.Read(&item)) {
      if (!stream.Write(item)) return polycall::CancelledError();
    }
    return OkStatus();
  }
  Status Fail(ServerContext&, const Item& request, Item*) override {
    return Status(static_cast<polycall::Code>(request.number()), request.text());
  }
};

}  // namespace

polycall::Status AddEchoServices(polycall::Server* server) {
  const std::shared_ptr<polycall::Service> services[] = {
      std::make_shared<AlmostEmpty>(),
      std::make_shared<Collisions>(),
      std::make_shared<Deep>(),
      std::make_shared<Empty>(),
      std::make_shared<Enums>(),
      std::make_shared<Imports>(),
      std::make_shared<KeywordsService>(),
      std::make_shared<Left>(),
      std::make_shared<Maps>(),
      std::make_shared<NoPackageService>(),
      std::make_shared<Presence>(),
      std::make_shared<Proto2>(),
      std::make_shared<Recursion>(),
      std::make_shared<Right>(),
      std::make_shared<Streaming>(),
      std::make_shared<Unicode>(),
      std::make_shared<Wide>(),
  };
  for (const auto& service : services) {
    polycall::Status status = server->AddService(service);
    if (!status.ok()) return status;
  }
  return OkStatus();
}

}  // namespace polycall_hazards
