/*
 * What a C program does with files, clocks and its environment, step by step, as a test of what lies under the C library:
 * prints what comes of each step. Relative paths are below the root of the virtual tree.
 */
#define _DEFAULT_SOURCE
#define _XOPEN_SOURCE 700

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void result(const char *what, int value)
{
    if (value < 0)
        printf("%s: %s\n", what, strerror(errno));
    else
        printf("%s: %d\n", what, value);
}

static void list(const char *path)
{
    DIR *directory = opendir(path);
    if (!directory) {
        result(path, -1);
        return;
    }
    printf("%s:", path);
    struct dirent *entry;
    while ((entry = readdir(directory)))
        printf(" %s%s", entry->d_name, entry->d_type == DT_DIR ? "/" : entry->d_type == DT_LNK ? "@" : "");
    printf("\n");
    closedir(directory);
}

static void content(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        result(path, -1);
        return;
    }
    char line[80];
    while (fgets(line, sizeof line, file))
        printf("%s| %s%s", path, line, strchr(line, '\n') ? "" : "\n");
    fclose(file);
}

static void attributes(const char *path)
{
    struct stat stats;
    if (lstat(path, &stats) < 0) {
        result(path, -1);
        return;
    }
    const char *kind = S_ISDIR(stats.st_mode) ? "directory" : S_ISLNK(stats.st_mode) ? "link" : "file";
    printf("%s is a %s of %d bytes, %d names\n", path, kind, S_ISDIR(stats.st_mode) ? 0 : (int)stats.st_size,
           S_ISDIR(stats.st_mode) ? 1 : (int)stats.st_nlink);
}

static void text(void)
{
    FILE *file = fopen("work/poem", "w");
    fputs("roses are red\nviolets are blue\n", file);
    fclose(file);
    file = fopen("work/poem", "a+");
    fputs("end\n", file);
    rewind(file);
    char word[20];
    fscanf(file, "%19s", word);
    printf("first word %s at %ld\n", word, ftell(file));
    fclose(file);
    file = fopen("work/poem", "r+");
    fseek(file, -4, SEEK_END);
    fputs("END", file);
    fclose(file);
    content("work/poem");
}

static void bytes(void)
{
    int file = open("work/bytes", O_RDWR | O_CREAT | O_EXCL, 0666);
    result("write", (int)write(file, "0123456789", 10));
    result("pwrite behind the end", (int)pwrite(file, "x", 1, 1000));
    char buffer[8] = {0};
    result("pread", (int)pread(file, buffer, 4, 3));
    printf("read %s, position %d\n", buffer, (int)lseek(file, 0, SEEK_CUR));
    result("seek before the beginning", (int)lseek(file, -1, SEEK_SET));
    result("ftruncate", ftruncate(file, 5));
    result("read at the end", (int)read(file, buffer, 8));
    result("seek", (int)lseek(file, -2, SEEK_END));
    result("read", (int)read(file, buffer, 8));
    result("unlink", unlink("work/bytes"));
    result("write without a name", (int)write(file, "more", 4));
    struct stat stats;
    fstat(file, &stats);
    printf("%d bytes, %d names\n", (int)stats.st_size, (int)stats.st_nlink);
    close(file);
    result("create again", open("work/bytes", O_RDONLY));
}

static void names(void)
{
    result("mkdir", mkdir("work/sub", 0777));
    result("mkdir again", mkdir("work/sub", 0777));
    result("link", link("work/poem", "work/sub/verse"));
    result("symlink", symlink("sub/verse", "work/shortcut"));
    result("symlink to itself", symlink("loop", "work/loop"));
    list("work");
    list("work/sub");
    attributes("work/poem");
    attributes("work/shortcut");
    attributes("work/sub");
    char target[20] = {0};
    result("readlink", (int)readlink("work/shortcut", target, sizeof target - 1));
    printf("to %s\n", target);
    content("work/shortcut");
    content("work/loop");
    content("work/missing");
    content("work/poem/under");
    result("rmdir of what is not empty", rmdir("work/sub"));
    result("unlink of a directory", unlink("work/sub"));
    result("rename into itself", rename("work/sub", "work/sub/sub"));
    result("rename", rename("work/sub", "work/other"));
    result("rename of a file", rename("work/poem", "work/other/poem"));
    content("work/shortcut");
    list("work/other");
    attributes("work/other/poem");
    result("unlink", unlink("work/other/verse"));
    attributes("work/other/poem");
}

static void times(void)
{
    struct timespec begin, end;
    clock_gettime(CLOCK_REALTIME, &begin);
    printf("it is %d\n", 1900 + gmtime(&begin.tv_sec)->tm_year);
    struct timespec pause = {90, 500000000};
    nanosleep(&pause, NULL);
    clock_gettime(CLOCK_REALTIME, &end);
    printf("slept %d seconds\n", (int)(end.tv_sec - begin.tv_sec));
    struct timespec given[2] = {{100, 0}, {200, 0}};
    result("utimensat", utimensat(AT_FDCWD, "work/other/poem", given, 0));
    struct stat stats;
    stat("work/other/poem", &stats);
    printf("read at %d, changed at %d\n", (int)stats.st_atim.tv_sec, (int)stats.st_mtim.tv_sec);
}

int main(int count, char **arguments)
{
    for (int i = 1; i < count; i++)
        content(arguments[i]);
    const char *home = getenv("HOME");
    printf("at home in %s\n", home ? home : "nowhere");
    result("mkdir", mkdir("work", 0777));
    text();
    bytes();
    names();
    times();
    char line[80];
    while (fgets(line, sizeof line, stdin))
        printf("input: %s", line);
    fprintf(stderr, "done\n");
    return 3;
}
