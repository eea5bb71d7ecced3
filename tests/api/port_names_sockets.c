/* port_names_sockets.c: a program with sockets has a getopt of its own. Builds with mingw-w64 as well (-lws2_32).
 * test traits: wide */
#include <winsock2.h>

#include "../check.h"

int getopt(int count, char **arguments, char *options);
char *optarg;

int getopt(int count, char **arguments, char *options)
{
    optarg = arguments[count - 1];
    return options[0];
}

int main(void)
{
    char option[] = "x", argument[] = "-x", *arguments[] = {argument};
    WSADATA data;
    CHECK(WSAStartup(MAKEWORD(2, 2), &data) == 0);
    CHECK(getopt(1, arguments, option) == 'x' && optarg == argument);
    CHECK(WSACleanup() == 0);
    return CHECK_DONE();
}
