#include "sandbox/root.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace polycall::scheduler {
namespace {

// All paths below are relative to the new root, which is the working directory until the pivot.
constexpr size_t kPathSize = 4096;

// "/usr/lib" -> "usr/lib"
const char* Relative(const char* path) {
  while (*path == '/') {
    ++path;
  }
  return *path == '\0' ? "." : path;
}

// Makes the folders above `path`.
bool MakeParents(const char* path) {
  char part[kPathSize];
  const size_t size = std::strlen(path);
  if (size >= sizeof part) {
    errno = ENAMETOOLONG;
    return false;
  }
  for (size_t i = 1; i < size; ++i) {
    if (path[i] == '/') {
      std::memcpy(part, path, i);
      part[i] = '\0';
      if (mkdir(part, 0755) != 0 && errno != EEXIST && errno != EROFS) {
        return false;
      }
    }
  }
  return true;
}

bool WriteFile(const char* path, const char* content, size_t size, mode_t mode) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) {
    return false;
  }
  while (size > 0) {
    const ssize_t written = write(fd, content, size);
    if (written <= 0) {
      close(fd);
      return false;
    }
    content += written;
    size -= static_cast<size_t>(written);
  }
  return close(fd) == 0;
}

// The flags that a remount has to repeat: a mount that came from outside the user namespace may not
// lose them.
unsigned long LockedFlags(const char* path) {
  struct statvfs info;
  if (statvfs(path, &info) != 0) {
    return 0;
  }
  unsigned long flags = 0;
  if (info.f_flag & ST_NODEV) flags |= MS_NODEV;
  if (info.f_flag & ST_NOEXEC) flags |= MS_NOEXEC;
  if (info.f_flag & ST_NOATIME) flags |= MS_NOATIME;
  if (info.f_flag & ST_NODIRATIME) flags |= MS_NODIRATIME;
  if (info.f_flag & ST_RELATIME) flags |= MS_RELATIME;
  return flags;
}

bool BindAt(const char* source, const char* target, bool writable) {
  struct stat info;
  if (stat(source, &info) != 0 || !MakeParents(target)) {
    return false;
  }
  if (S_ISDIR(info.st_mode)) {
    if (mkdir(target, 0755) != 0 && errno != EEXIST && errno != EROFS) {
      return false;
    }
  } else {
    const int fd = open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0) {
      close(fd);
    } else if (errno != EROFS && errno != EEXIST) {
      return false;
    }
  }
  if (mount(source, target, nullptr, MS_BIND | MS_REC, nullptr) != 0) {
    return false;
  }
  const unsigned long flags = MS_REMOUNT | MS_BIND | MS_NOSUID | LockedFlags(target) |
                              (writable ? 0UL : static_cast<unsigned long>(MS_RDONLY));
  return mount(nullptr, target, nullptr, flags, nullptr) == 0;
}

bool Device(const char* name) {
  char source[64];
  std::snprintf(source, sizeof source, "/dev/%s", name);
  char target[64];
  std::snprintf(target, sizeof target, "dev/%s", name);
  return BindAt(source, target, true);
}

const char* BuildSkeleton() {
  if (!BindAt("/usr", "usr", false)) return "bind /usr";
  constexpr const char* kLinks[] = {"bin", "sbin", "lib", "lib64"};
  for (const char* name : kLinks) {
    char target[32];
    std::snprintf(target, sizeof target, "usr/%s", name);
    if (symlink(target, name) != 0) return "link /bin, /lib to /usr";
  }
  if (mkdir("etc", 0755) != 0) return "make /etc";
  // What runtimes look up there; none of it is a secret.
  constexpr const char* kEtc[] = {"etc/ld.so.cache", "etc/alternatives", "etc/java-17-openjdk",
                                  "etc/localtime"};
  for (const char* path : kEtc) {
    char source[64];
    std::snprintf(source, sizeof source, "/%s", path);
    if (access(source, F_OK) == 0 && !BindAt(source, path, false)) return "bind a file of /etc";
  }
  return nullptr;
}

const char* MakeDevices() {
  if (mkdir("dev", 0755) != 0 && errno != EEXIST) return "make /dev";
  if (mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=64k") != 0) {
    return "mount /dev";
  }
  for (const char* name : {"null", "zero", "full", "random", "urandom"}) {
    if (!Device(name)) return "bind a device";
  }
  if (symlink("/proc/self/fd", "dev/fd") != 0) return "link /dev/fd";
  if (mkdir("dev/shm", 01777) != 0) return "make /dev/shm";
  if (mount("tmpfs", "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=16m") !=
      0) {
    return "mount /dev/shm";
  }
  if (mount(nullptr, "dev", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOEXEC,
            nullptr) != 0) {
    return "make /dev read-only";
  }
  return nullptr;
}

const char* MakeProc() {
  if (mkdir("proc", 0755) != 0 && errno != EEXIST) return "make /proc";
  if (mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
    return "mount /proc";
  }
  // The kernel's knobs. Most need rights that the program lacks; none is worth trusting that.
  for (const char* path : {"proc/sys", "proc/sysrq-trigger", "proc/irq", "proc/bus"}) {
    char source[64];
    std::snprintf(source, sizeof source, "%s", path);
    if (access(path, F_OK) == 0 && !BindAt(source, path, false)) return "shut /proc/sys";
  }
  return nullptr;
}

const char* MakeTmp(int64_t size) {
  if (mkdir("tmp", 01777) != 0 && errno != EEXIST) return "make /tmp";
  char options[64];
  std::snprintf(options, sizeof options, "mode=1777,size=%lld", static_cast<long long>(size));
  if (mount("tmpfs", "tmp", "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) return "mount /tmp";
  return nullptr;
}

const char* AddOwn(const SandboxSpec& spec, const char* passwd, const char* group) {
  if (spec.rootfs.empty() && (!WriteFile("etc/passwd", passwd, std::strlen(passwd), 0444) ||
                              !WriteFile("etc/group", group, std::strlen(group), 0444))) {
    return "write /etc/passwd";
  }
  for (const InsideFile& file : spec.files) {
    const char* path = Relative(file.path.c_str());
    if (!MakeParents(path) || !WriteFile(path, file.content.data(), file.content.size(), 0400) ||
        chown(path, spec.uid, spec.gid) != 0) {
      return "write a file of the manifest";
    }
  }
  for (const Bind& bind : spec.binds) {
    if (bind.optional && access(bind.source.c_str(), F_OK) != 0) {
      continue;
    }
    if (!BindAt(bind.source.c_str(), Relative(bind.target.c_str()), bind.writable)) {
      return "bind a mount of the manifest";
    }
  }
  return nullptr;
}

// The old root is stacked below the new one and taken away: "." names it for a moment.
const char* Pivot() {
  if (syscall(SYS_pivot_root, ".", ".") != 0) return "pivot to the new root";
  if (umount2(".", MNT_DETACH) != 0) return "leave the old root";
  if (chdir("/") != 0) return "change to the new root";
  return nullptr;
}

}  // namespace

const char* BuildRoot(const SandboxSpec& spec, const char* work, const char* passwd,
                      const char* group) {
  umask(0);
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return "leave the host's mounts";
  const bool own = !spec.rootfs.empty();
  if (own ? !BindAt(spec.rootfs.c_str(), work, false)
          : mount("tmpfs", work, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=4m") != 0) {
    return own ? "bind the rootfs" : "mount the new root";
  }
  if (chdir(work) != 0) return "change to the new root";
  const char* failed = own ? nullptr : BuildSkeleton();
  if (failed == nullptr) failed = MakeProc();
  if (failed == nullptr) failed = MakeDevices();
  if (failed == nullptr) failed = MakeTmp(spec.tmp_size);
  if (failed == nullptr) failed = AddOwn(spec, passwd, group);
  if (failed == nullptr) failed = Pivot();
  if (failed == nullptr &&
      mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV,
            nullptr) != 0) {
    failed = "make the root read-only";
  }
  umask(022);
  return failed;
}

}  // namespace polycall::scheduler
