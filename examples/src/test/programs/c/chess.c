/*
 * Chess: counts the positions that can be reached (perft), and searches for mates.
 *
 * Commands are read from standard input, one a line:
 *
 *   position startpos          the initial position, which is also the one at the start
 *   position FEN               any other one, in Forsyth-Edwards notation
 *   moves e2e4 e7e5 ...        plays these moves
 *   board                      draws the position
 *   perft N                    how many ways there are to play N plies
 *   divide N                   the same for each first move
 *   mate N                     a forced mate in N moves, or that there is none
 *   legal                      the legal moves
 *
 * The board is a 16 by 8 array ("0x88"): the right half of it does not exist, and a square is on the board if its number
 * has neither bit 3 nor bit 7.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EMPTY, PAWN, KNIGHT, BISHOP, ROOK, QUEEN, KING };
enum { WHITE = 0, BLACK = 8 };

/* A piece is its kind and its colour; COLOUR(EMPTY) means nothing. */
#define KIND(piece) ((piece) & 7)
#define COLOUR(piece) ((piece) & 8)
#define OFF_BOARD(square) ((square) & 0x88)
#define SQUARE(file, rank) ((rank) * 16 + (file))
#define FILE_OF(square) ((square) & 7)
#define RANK_OF(square) ((square) >> 4)

enum { NORTH = 16, SOUTH = -16, EAST = 1, WEST = -1 };
enum { CASTLE_WHITE_SHORT = 1, CASTLE_WHITE_LONG = 2, CASTLE_BLACK_SHORT = 4, CASTLE_BLACK_LONG = 8 };
enum { NO_SQUARE = 0x7F };
enum { MOVES_MAX = 256, PLIES_MAX = 64, LINE_MAX_CHARS = 4096 };

typedef enum { QUIET, CAPTURE, DOUBLE_STEP, EN_PASSANT, CASTLING } MoveType;

typedef struct {
    uint8_t from;
    uint8_t to;
    uint8_t promotion; /* the kind of piece, or EMPTY */
    uint8_t type;
} Move;

typedef struct {
    uint8_t board[128];
    uint8_t king[2]; /* squares, white's first */
    uint8_t turn;
    uint8_t castling;
    uint8_t en_passant; /* the square behind a pawn that has just made a double step, or NO_SQUARE */
    int halfmoves;
    int fullmoves;
} Position;

/* What a move destroys. */
typedef struct {
    uint8_t captured;
    uint8_t castling;
    uint8_t en_passant;
    int halfmoves;
} Undo;

typedef struct {
    Move moves[MOVES_MAX];
    int count;
} MoveList;

static const int KNIGHT_STEPS[] = {33, 31, 18, 14, -14, -18, -31, -33};
static const int KING_STEPS[] = {NORTH, SOUTH, EAST, WEST, NORTH + EAST, NORTH + WEST, SOUTH + EAST, SOUTH + WEST};
/* The first four are a rook's, the others a bishop's. */
static const int *const SLIDER_STEPS = KING_STEPS;

static const char PIECE_LETTERS[] = ".PNBRQK..pnbrqk";
static const char START[] = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1";

/* Which rights to castle are lost when a piece leaves or enters a square. */
static uint8_t lost_castling[128];

static void prepare_tables(void) {
    lost_castling[SQUARE(0, 0)] = CASTLE_WHITE_LONG;
    lost_castling[SQUARE(4, 0)] = CASTLE_WHITE_LONG | CASTLE_WHITE_SHORT;
    lost_castling[SQUARE(7, 0)] = CASTLE_WHITE_SHORT;
    lost_castling[SQUARE(0, 7)] = CASTLE_BLACK_LONG;
    lost_castling[SQUARE(4, 7)] = CASTLE_BLACK_LONG | CASTLE_BLACK_SHORT;
    lost_castling[SQUARE(7, 7)] = CASTLE_BLACK_SHORT;
}

/* ---- Notation ---- */

static int parse_square(const char *text) {
    if (text[0] < 'a' || text[0] > 'h' || text[1] < '1' || text[1] > '8') {
        return NO_SQUARE;
    }
    return SQUARE(text[0] - 'a', text[1] - '1');
}

static int piece_of_letter(char letter) {
    const char *found = letter == '.' ? NULL : strchr(PIECE_LETTERS, letter);
    return found == NULL || *found == 0 ? EMPTY : (int) (found - PIECE_LETTERS);
}

/* Reads the pieces, and the text behind them. */
static const char *parse_pieces(Position *position, const char *fen) {
    int file = 0;
    int rank = 7;
    for (; *fen != 0 && *fen != ' '; fen++) {
        if (*fen == '/') {
            file = 0;
            rank--;
        } else if (isdigit((unsigned char) *fen)) {
            file += *fen - '0';
        } else {
            int piece = piece_of_letter(*fen);
            if (piece == EMPTY || file > 7 || rank < 0) {
                return NULL;
            }
            position->board[SQUARE(file, rank)] = (uint8_t) piece;
            if (KIND(piece) == KING) {
                position->king[COLOUR(piece) == BLACK] = (uint8_t) SQUARE(file, rank);
            }
            file++;
        }
    }
    return fen;
}

static bool parse_fen(Position *position, const char *fen) {
    memset(position, 0, sizeof *position);
    position->king[0] = NO_SQUARE;
    position->king[1] = NO_SQUARE;
    position->en_passant = NO_SQUARE;
    position->fullmoves = 1;
    fen = parse_pieces(position, fen);
    if (fen == NULL || position->king[0] == NO_SQUARE || position->king[1] == NO_SQUARE) {
        return false;
    }
    char turn = 'w';
    char castling[8] = "-";
    char en_passant[8] = "-";
    sscanf(fen, " %c %7s %7s %d %d", &turn, castling, en_passant, &position->halfmoves, &position->fullmoves);
    position->turn = turn == 'b' ? BLACK : WHITE;
    for (const char *right = castling; *right != 0; right++) {
        switch (*right) {
            case 'K': position->castling |= CASTLE_WHITE_SHORT; break;
            case 'Q': position->castling |= CASTLE_WHITE_LONG; break;
            case 'k': position->castling |= CASTLE_BLACK_SHORT; break;
            case 'q': position->castling |= CASTLE_BLACK_LONG; break;
            default: break;
        }
    }
    position->en_passant = (uint8_t) parse_square(en_passant);
    return true;
}

static void print_square(int square) {
    printf("%c%c", 'a' + FILE_OF(square), '1' + RANK_OF(square));
}

static void print_move(Move move) {
    print_square(move.from);
    print_square(move.to);
    if (move.promotion != EMPTY) {
        putchar(PIECE_LETTERS[move.promotion | BLACK]);
    }
}

static void print_board(const Position *position) {
    for (int rank = 7; rank >= 0; rank--) {
        printf("%d ", rank + 1);
        for (int file = 0; file < 8; file++) {
            printf(" %c", PIECE_LETTERS[position->board[SQUARE(file, rank)]]);
        }
        putchar('\n');
    }
    printf("   a b c d e f g h   %s to move\n", position->turn == WHITE ? "white" : "black");
}

/* ---- Attacks ---- */

static bool slider_attacks(const Position *position, int square, int attacker, int from, int to, int kind) {
    for (int i = from; i < to; i++) {
        int step = SLIDER_STEPS[i];
        for (int at = square + step; !OFF_BOARD(at); at += step) {
            int piece = position->board[at];
            if (piece != EMPTY) {
                if (COLOUR(piece) == attacker && (KIND(piece) == kind || KIND(piece) == QUEEN)) {
                    return true;
                }
                break;
            }
        }
    }
    return false;
}

/* Whether a piece of the colour `attacker` attacks a square. */
static bool attacked(const Position *position, int square, int attacker) {
    const uint8_t *board = position->board;
    int back = attacker == WHITE ? SOUTH : NORTH;
    for (int side = WEST; side <= EAST; side += EAST - WEST) {
        int at = square + back + side;
        if (!OFF_BOARD(at) && board[at] == (PAWN | attacker)) {
            return true;
        }
    }
    for (int i = 0; i < 8; i++) {
        int at = square + KNIGHT_STEPS[i];
        if (!OFF_BOARD(at) && board[at] == (KNIGHT | attacker)) {
            return true;
        }
        at = square + KING_STEPS[i];
        if (!OFF_BOARD(at) && board[at] == (KING | attacker)) {
            return true;
        }
    }
    return slider_attacks(position, square, attacker, 0, 4, ROOK)
            || slider_attacks(position, square, attacker, 4, 8, BISHOP);
}

static bool in_check(const Position *position, int colour) {
    return attacked(position, position->king[colour == BLACK], colour ^ BLACK);
}

/* ---- Moves that obey the rules but for leaving the king in check ---- */

static void add(MoveList *list, int from, int to, int promotion, MoveType type) {
    list->moves[list->count++] = (Move){(uint8_t) from, (uint8_t) to, (uint8_t) promotion, (uint8_t) type};
}

static void add_pawn_move(MoveList *list, int from, int to, MoveType type) {
    if (RANK_OF(to) == 0 || RANK_OF(to) == 7) {
        for (int kind = QUEEN; kind >= KNIGHT; kind--) {
            add(list, from, to, kind, type);
        }
    } else {
        add(list, from, to, EMPTY, type);
    }
}

static void pawn_moves(const Position *position, MoveList *list, int from) {
    const uint8_t *board = position->board;
    int forward = position->turn == WHITE ? NORTH : SOUTH;
    int first_rank = position->turn == WHITE ? 1 : 6;
    int to = from + forward;
    if (board[to] == EMPTY) {
        add_pawn_move(list, from, to, QUIET);
        if (RANK_OF(from) == first_rank && board[to + forward] == EMPTY) {
            add(list, from, to + forward, EMPTY, DOUBLE_STEP);
        }
    }
    for (int side = WEST; side <= EAST; side += EAST - WEST) {
        to = from + forward + side;
        if (OFF_BOARD(to)) {
            continue;
        }
        if (board[to] != EMPTY && COLOUR(board[to]) != position->turn) {
            add_pawn_move(list, from, to, CAPTURE);
        } else if (to == position->en_passant) {
            add(list, from, to, EMPTY, EN_PASSANT);
        }
    }
}

static void step_to(const Position *position, MoveList *list, int from, int to) {
    if (OFF_BOARD(to)) {
        return;
    }
    int target = position->board[to];
    if (target == EMPTY) {
        add(list, from, to, EMPTY, QUIET);
    } else if (COLOUR(target) != position->turn) {
        add(list, from, to, EMPTY, CAPTURE);
    }
}

static void slides(const Position *position, MoveList *list, int from, int first, int last) {
    for (int i = first; i < last; i++) {
        int step = SLIDER_STEPS[i];
        for (int to = from + step; !OFF_BOARD(to); to += step) {
            step_to(position, list, from, to);
            if (position->board[to] != EMPTY) {
                break;
            }
        }
    }
}

/* The squares between must be free, and those that the king passes must not be attacked. */
static void castling_moves(const Position *position, MoveList *list) {
    const uint8_t *board = position->board;
    int king = position->king[position->turn == BLACK];
    int opponent = position->turn ^ BLACK;
    int short_right = position->turn == WHITE ? CASTLE_WHITE_SHORT : CASTLE_BLACK_SHORT;
    int long_right = position->turn == WHITE ? CASTLE_WHITE_LONG : CASTLE_BLACK_LONG;
    if ((position->castling & (short_right | long_right)) == 0 || attacked(position, king, opponent)) {
        return;
    }
    if ((position->castling & short_right) != 0 && board[king + 1] == EMPTY && board[king + 2] == EMPTY
            && !attacked(position, king + 1, opponent)) {
        add(list, king, king + 2, EMPTY, CASTLING);
    }
    if ((position->castling & long_right) != 0 && board[king - 1] == EMPTY && board[king - 2] == EMPTY
            && board[king - 3] == EMPTY && !attacked(position, king - 1, opponent)) {
        add(list, king, king - 2, EMPTY, CASTLING);
    }
}

static void generate(const Position *position, MoveList *list) {
    list->count = 0;
    for (int from = 0; from < 128; from++) {
        if (OFF_BOARD(from)) {
            from += 7;
            continue;
        }
        int piece = position->board[from];
        if (piece == EMPTY || COLOUR(piece) != position->turn) {
            continue;
        }
        switch (KIND(piece)) {
            case PAWN: pawn_moves(position, list, from); break;
            case BISHOP: slides(position, list, from, 4, 8); break;
            case ROOK: slides(position, list, from, 0, 4); break;
            case QUEEN: slides(position, list, from, 0, 8); break;
            case KNIGHT:
                for (int i = 0; i < 8; i++) {
                    step_to(position, list, from, from + KNIGHT_STEPS[i]);
                }
                break;
            case KING:
                for (int i = 0; i < 8; i++) {
                    step_to(position, list, from, from + KING_STEPS[i]);
                }
                break;
            default: break;
        }
    }
    castling_moves(position, list);
}

/* ---- Making moves and taking them back ---- */

/* The rook's squares when a king castles to `to`. */
static void castling_rook(int to, int *rook_from, int *rook_to) {
    bool is_short = FILE_OF(to) == 6;
    *rook_from = is_short ? to + 1 : to - 2;
    *rook_to = is_short ? to - 1 : to + 1;
}

static Undo make(Position *position, Move move) {
    uint8_t *board = position->board;
    Undo undo = {board[move.to], position->castling, position->en_passant, position->halfmoves};
    int piece = board[move.from];
    int forward = position->turn == WHITE ? NORTH : SOUTH;
    board[move.from] = EMPTY;
    board[move.to] = (uint8_t) (move.promotion != EMPTY ? move.promotion | position->turn : piece);
    position->castling &= (uint8_t) ~(lost_castling[move.from] | lost_castling[move.to]);
    position->en_passant = NO_SQUARE;
    position->halfmoves = KIND(piece) == PAWN || undo.captured != EMPTY ? 0 : position->halfmoves + 1;
    if (KIND(piece) == KING) {
        position->king[position->turn == BLACK] = move.to;
    }
    if (move.type == DOUBLE_STEP) {
        position->en_passant = (uint8_t) (move.from + forward);
    } else if (move.type == EN_PASSANT) {
        undo.captured = board[move.to - forward];
        board[move.to - forward] = EMPTY;
    } else if (move.type == CASTLING) {
        int rook_from;
        int rook_to;
        castling_rook(move.to, &rook_from, &rook_to);
        board[rook_to] = board[rook_from];
        board[rook_from] = EMPTY;
    }
    position->fullmoves += position->turn == BLACK;
    position->turn ^= BLACK;
    return undo;
}

static void take_back(Position *position, Move move, Undo undo) {
    uint8_t *board = position->board;
    position->turn ^= BLACK;
    position->fullmoves -= position->turn == BLACK;
    int forward = position->turn == WHITE ? NORTH : SOUTH;
    board[move.from] = move.promotion != EMPTY ? (uint8_t) (PAWN | position->turn) : board[move.to];
    board[move.to] = undo.captured;
    if (KIND(board[move.from]) == KING) {
        position->king[position->turn == BLACK] = move.from;
    }
    if (move.type == EN_PASSANT) {
        board[move.to] = EMPTY;
        board[move.to - forward] = undo.captured;
    } else if (move.type == CASTLING) {
        int rook_from;
        int rook_to;
        castling_rook(move.to, &rook_from, &rook_to);
        board[rook_from] = board[rook_to];
        board[rook_to] = EMPTY;
    }
    position->castling = undo.castling;
    position->en_passant = undo.en_passant;
    position->halfmoves = undo.halfmoves;
}

static void generate_legal(Position *position, MoveList *legal) {
    MoveList all;
    generate(position, &all);
    legal->count = 0;
    for (int i = 0; i < all.count; i++) {
        Undo undo = make(position, all.moves[i]);
        if (!in_check(position, position->turn ^ BLACK)) {
            legal->moves[legal->count++] = all.moves[i];
        }
        take_back(position, all.moves[i], undo);
    }
}

/* ---- Commands ---- */

static uint64_t perft(Position *position, int depth) {
    if (depth == 0) {
        return 1;
    }
    MoveList list;
    generate(position, &list);
    uint64_t nodes = 0;
    for (int i = 0; i < list.count; i++) {
        Undo undo = make(position, list.moves[i]);
        if (!in_check(position, position->turn ^ BLACK)) {
            nodes += perft(position, depth - 1);
        }
        take_back(position, list.moves[i], undo);
    }
    return nodes;
}

static void divide(Position *position, int depth) {
    MoveList legal;
    generate_legal(position, &legal);
    uint64_t total = 0;
    for (int i = 0; i < legal.count; i++) {
        Undo undo = make(position, legal.moves[i]);
        uint64_t nodes = perft(position, depth - 1);
        take_back(position, legal.moves[i], undo);
        print_move(legal.moves[i]);
        printf(": %llu\n", (unsigned long long) nodes);
        total += nodes;
    }
    printf("total: %llu\n", (unsigned long long) total);
}

/* Whether the side to move is mated whatever it does, at most `moves` moves of the opponent later. */
static bool loses(Position *position, int moves);

/* Whether the side to move forces mate in at most `moves` moves of its own. Checks are tried first. */
static bool wins(Position *position, int moves, Move *best) {
    MoveList legal;
    generate_legal(position, &legal);
    for (int checks = 1; checks >= 0; checks--) {
        for (int i = 0; i < legal.count; i++) {
            Undo undo = make(position, legal.moves[i]);
            bool gives_check = in_check(position, position->turn);
            bool found = gives_check == checks && (gives_check || moves > 1) && loses(position, moves - 1);
            take_back(position, legal.moves[i], undo);
            if (found) {
                *best = legal.moves[i];
                return true;
            }
        }
    }
    return false;
}

static bool loses(Position *position, int moves) {
    MoveList legal;
    generate_legal(position, &legal);
    if (legal.count == 0) {
        return in_check(position, position->turn);
    }
    if (moves == 0) {
        return false;
    }
    for (int i = 0; i < legal.count; i++) {
        Move best;
        Undo undo = make(position, legal.moves[i]);
        bool lost = wins(position, moves, &best);
        take_back(position, legal.moves[i], undo);
        if (!lost) {
            return false;
        }
    }
    return true;
}

static void mate(Position *position, int moves) {
    for (int depth = 1; depth <= moves; depth++) {
        Move best;
        if (wins(position, depth, &best)) {
            printf("mate in %d: ", depth);
            print_move(best);
            putchar('\n');
            return;
        }
    }
    printf("no mate in %d\n", moves);
}

static int compare_moves(const void *a, const void *b) {
    const Move *left = a;
    const Move *right = b;
    int difference = left->from - right->from;
    difference = difference != 0 ? difference : left->to - right->to;
    return difference != 0 ? difference : left->promotion - right->promotion;
}

static void print_legal(Position *position) {
    MoveList legal;
    generate_legal(position, &legal);
    qsort(legal.moves, (size_t) legal.count, sizeof legal.moves[0], compare_moves);
    printf("%d moves:", legal.count);
    for (int i = 0; i < legal.count; i++) {
        putchar(' ');
        print_move(legal.moves[i]);
    }
    putchar('\n');
}

/* Plays the legal move that is written so. */
static bool play(Position *position, const char *text) {
    MoveList legal;
    generate_legal(position, &legal);
    int from = parse_square(text);
    int to = from == NO_SQUARE ? NO_SQUARE : parse_square(text + 2);
    int promotion = to == NO_SQUARE || text[4] == 0 ? EMPTY : KIND(piece_of_letter(text[4]));
    for (int i = 0; i < legal.count; i++) {
        Move move = legal.moves[i];
        if (move.from == from && move.to == to && move.promotion == promotion) {
            make(position, move);
            return true;
        }
    }
    return false;
}

static bool play_all(Position *position, char *texts) {
    for (char *text = strtok(texts, " "); text != NULL; text = strtok(NULL, " ")) {
        if (!play(position, text)) {
            fprintf(stderr, "chess: %s is not a legal move here\n", text);
            return false;
        }
    }
    return true;
}

/* Carries out one command. */
static bool command(Position *position, const char *name, char *rest) {
    int number = atoi(rest);
    bool counted = strcmp(name, "perft") == 0 || strcmp(name, "divide") == 0 || strcmp(name, "mate") == 0;
    if (counted && (number < 1 || number > PLIES_MAX)) {
        fprintf(stderr, "chess: %s needs a number from 1 to %d\n", name, PLIES_MAX);
        return false;
    }
    if (strcmp(name, "position") == 0) {
        if (!parse_fen(position, strcmp(rest, "startpos") == 0 ? START : rest)) {
            fprintf(stderr, "chess: '%s' is no position\n", rest);
            return false;
        }
    } else if (strcmp(name, "moves") == 0) {
        return play_all(position, rest);
    } else if (strcmp(name, "board") == 0) {
        print_board(position);
    } else if (strcmp(name, "legal") == 0) {
        print_legal(position);
    } else if (strcmp(name, "perft") == 0) {
        printf("perft %d: %llu\n", number, (unsigned long long) perft(position, number));
    } else if (strcmp(name, "divide") == 0) {
        divide(position, number);
    } else if (strcmp(name, "mate") == 0) {
        mate(position, number);
    } else {
        fprintf(stderr, "chess: unknown command '%s'\n", name);
        return false;
    }
    return true;
}

int main(void) {
    static char line[LINE_MAX_CHARS];
    Position position;
    prepare_tables();
    parse_fen(&position, START);
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\r\n")] = 0;
        char *rest = line + strcspn(line, " ");
        if (*rest != 0) {
            *rest++ = 0;
        }
        if (line[0] != 0 && line[0] != '#' && !command(&position, line, rest)) {
            return 1;
        }
    }
    return 0;
}
