#include "daemon.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace polycall::scheduler_test {

namespace v1 = scheduler::v1;
using std::chrono::milliseconds;
using std::chrono::seconds;

bool Until(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

Daemon::Daemon() {
  char folder[] = "/tmp/polycalld-XXXXXX";
  if (mkdtemp(folder) == nullptr) {
    std::abort();
  }
  folder_ = folder;
  std::filesystem::permissions(folder_, std::filesystem::perms(0755));
  std::filesystem::create_directory(folder_ + "/manifests");
}

Daemon::~Daemon() {
  control_.reset();
  if (pid_ > 0) {
    Stop();
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Daemon::Write(const std::string& name, const std::string& manifest) {
  const std::string file = folder_ + "/manifests/" + name;
  std::ofstream(file + ".new") << manifest;
  std::filesystem::rename(file + ".new", file + ".yaml");
}

void Daemon::Remove(const std::string& name) {
  std::filesystem::remove(folder_ + "/manifests/" + name + ".yaml");
}

std::string Daemon::WorkManifest(const std::string& name, const std::string& isolation,
                                 const std::string& more) {
  return "name: " + name + "\nservices: [work.v1.Work]\n" +
         "host: {language: c, module: " POLYCALL_WORK_MODULE "}\nisolation: " + isolation + "\n" +
         more;
}

bool Daemon::Start(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {POLYCALLD, folder_ + "/manifests", "--run", run_folder(),
                                    "--share", POLYCALL_BUILD_FOLDER};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  const int output =
      open((folder_ + "/output").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  pid_ = fork();
  if (pid_ == 0) {
    dup2(null, 0);
    dup2(output, 1);
    dup2(output, 2);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(output);
  close(null);
  control_ = Channel::Create("unix:" + run_folder() + "/polycalld.sock").value();
  // The socket's file may be one that a killed polycalld left: what counts is an answer.
  return Until([&] {
           return kill(pid_, 0) != 0 || waitpid(pid_, nullptr, WNOHANG) == pid_ ||
                  v1::Scheduler::Client(control_).List({}, {.timeout = seconds(10)}).ok();
         }) &&
         kill(pid_, 0) == 0;
}

void Daemon::Signal(int signal) const { kill(pid_, signal); }

void Daemon::Kill() {
  Signal(SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
  control_.reset();
}

int Daemon::Stop() {
  Signal(SIGTERM);
  int status = 0;
  const bool ended = Until([&] { return waitpid(pid_, &status, WNOHANG) == pid_; });
  if (!ended) {
    Signal(SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_ = -1;
  return ended && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string Daemon::front_door(const std::string& service) const {
  return "unix:" + run_folder() + "/" + service + ".sock";
}

std::string Daemon::Output() const {
  std::ifstream file(folder_ + "/output");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

v1::Service Daemon::Describe(const std::string& service) {
  v1::ListRequest request;
  request.set_name(service);
  auto list = v1::Scheduler::Client(control_).List(request, {.timeout = kPatience});
  return list.ok() && list->services_size() == 1 ? list->services(0) : v1::Service();
}

std::vector<v1::Event> Daemon::Events() {
  std::vector<v1::Event> events;
  auto stream = v1::Scheduler::Client(control_).Events({}, {.timeout = kPatience});
  for (v1::Event event; stream.Read(&event);) {
    events.push_back(event);
  }
  return events;
}

bool Daemon::UntilEvent(const std::string& service, const std::string& what,
                        const std::string& detail) {
  return Until([&] {
    for (const v1::Event& event : Events()) {
      if (event.service() == service && event.what() == what &&
          event.detail().find(detail) != std::string::npos) {
        return true;
      }
    }
    return false;
  });
}

bool Daemon::UntilServing(const std::string& service, int count) {
  return Until([&] {
    const v1::Service described = Describe(service);
    int serving = 0;
    for (const v1::Instance& instance : described.instances()) {
      serving += instance.state() == v1::SERVING ? 1 : 0;
    }
    return serving == count && described.instances_size() == count;
  });
}

std::string Daemon::Story() {
  std::string story;
  for (const v1::Event& event : Events()) {
    story += event.service() + " " + event.instance() + " " + event.what() + ": " + event.detail() +
             "\n";
  }
  return story + Output();
}

work::v1::Work::Client Daemon::Work(const std::string& service, ChannelOptions options) const {
  return work::v1::Work::Client(Channel::Create(front_door(service), std::move(options)).value());
}

}  // namespace polycall::scheduler_test
