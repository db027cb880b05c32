// The page itself, page.html, put into the program by CMake.
#ifndef POLYCALL_SCHEDULER_PAGE_PAGE_HTML_H_
#define POLYCALL_SCHEDULER_PAGE_PAGE_HTML_H_

namespace polycall::scheduler {

extern const char kPageHtml[];

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_PAGE_PAGE_HTML_H_
